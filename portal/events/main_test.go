package events_test

import (
	"testing"

	"github.com/wppmarketing/developers/portal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
