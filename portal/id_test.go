package portal

import (
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestNewIDIncreases(t *testing.T) {
	t.Parallel()
	ids := make([]string, 20_000) // more than one millisecond has room for
	for i := range ids {
		ids[i] = NewID(PrefixMessage)
	}
	if !slices.IsSorted(ids) {
		t.Error("ids do not increase")
	}
	if n := len(slices.Compact(ids)); n != 20_000 {
		t.Errorf("%d different ids of 20000", n)
	}
	for _, id := range ids {
		if !IsID(PrefixMessage, id) {
			t.Fatalf("%s is not an id", id)
		}
	}
}

func TestNewIDFromManySides(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	var seen sync.Map
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				if id, twice := seen.LoadOrStore(NewID(PrefixContact), true); twice {
					t.Errorf("an id came twice: %v", id)
				}
			}
		})
	}
	wg.Wait()
}

func TestNewIDIsUUIDv7(t *testing.T) {
	t.Parallel()
	body := strings.TrimPrefix(NewID(PrefixUser), "usr_")
	// 26 characters are 130 bits: two zero bits, then the UUID. Version and
	// variant are its bits 48–51 and 64–65.
	bit := func(n int) int {
		n += 2
		return strings.IndexByte(crockford, body[n/5]) >> (4 - n%5) & 1
	}
	if got := []int{bit(48), bit(49), bit(50), bit(51)}; !slices.Equal(got, []int{0, 1, 1, 1}) {
		t.Errorf("version bits %v", got)
	}
	if got := []int{bit(64), bit(65)}; !slices.Equal(got, []int{1, 0}) {
		t.Errorf("variant bits %v", got)
	}
}

func TestIsID(t *testing.T) {
	t.Parallel()
	good := "ctc_01KB2M4X7Q9V0T3R5N8W6Y1Z03"
	for id, want := range map[string]bool{
		good:                               true,
		"":                                 false,
		"ctc_":                             false,
		strings.ToLower(good):              false,
		good + "0":                         false,
		good[:len(good)-1]:                 false,
		"msg_01KB2M4X7Q9V0T3R5N8W6Y1Z03":   false,
		"ctc_81KB2M4X7Q9V0T3R5N8W6Y1Z03":   false, // more than 128 bits
		"ctc_01KB2M4X7Q9V0T3R5N8W6Y1ZU3":   false, // U is not in the alphabet
		"ctc_01KB2M4X7Q9V0T3R5N8W6Y1Z\x00": false,
	} {
		if got := IsID(PrefixContact, id); got != want {
			t.Errorf("IsID(%q) = %v", id, got)
		}
	}
}
