package store_test

import (
	"testing"

	"github.com/wppmarketing/developers/portal/store/storetest"
)

func TestNotifyWakesSubscribers(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	s.Notify("nobody listens")
	a, cancelA := s.Subscribe("due")
	b, cancelB := s.Subscribe("due")
	other, cancelOther := s.Subscribe("other")
	defer cancelA()
	defer cancelOther()
	s.Notify("due")
	s.Notify("due")
	<-a
	<-b
	select {
	case <-a:
		t.Error("two signals did not melt into one")
	case <-other:
		t.Error("another topic woke up")
	default:
	}
	cancelB()
	cancelB()
	s.Notify("due")
	<-a
	select {
	case <-b:
		t.Error("a canceled subscriber woke up")
	default:
	}
}
