package phone

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
)

func TestParse(t *testing.T) {
	t.Parallel()
	sp := func(e164, kind string, candidates ...string) Number {
		return Number{e164, "BR", kind, append([]string{e164}, candidates...), "America/Sao_Paulo"}
	}
	mobile := sp("+5511987654417", Mobile, "+551187654417")
	mg := sp("+5531988887777", Mobile, "+553188887777")
	for _, c := range []struct {
		input, country string
		want           Number
	}{
		{"+5511987654417", "BR", mobile},
		{"+55 11 98765-4417", "US", mobile},
		{"(11) 98765-4417", "BR", mobile},
		{"(11) 98765-4417", "br", mobile},
		{"11987654417", "BR", mobile},
		{"011 98765-4417", "BR", mobile},
		{"0 15 11 98765-4417", "BR", mobile},
		{"+55 (011) 98765-4417", "BR", mobile},
		{"5511987654417", "BR", mobile},
		{"551187654417", "BR", mobile},
		{" +55 11 98765‑4417\u202c", "BR", mobile},
		{"\u202a+55\u00a011\u00a098765–4417", "BR", mobile},
		{"+553188887777", "BR", mg},
		{"31 8888-7777", "BR", mg},
		{"+5531988887777", "", mg},
		{"+551133334444", "BR", sp("+551133334444", Landline)},
		{"1133334444", "BR", sp("+551133334444", Landline)},
		{"+55 11 93333-4444", "BR", sp("+5511933334444", Mobile)},
		{"55 98765-4321", "BR", sp("+5555987654321", Mobile, "+555587654321")},
		{"(55) 3222-1234", "BR", sp("+555532221234", Landline)},
		{"+5511900000001", "BR", sp("+5511900000001", Mobile, "+551100000001")},
		{"92 99123-4567", "BR", Number{"+5592991234567", "BR", Mobile, []string{"+5592991234567", "+559291234567"}, "America/Manaus"}},
		{"0800 729 0722", "BR", Number{"+558007290722", "BR", TollFree, []string{"+558007290722"}, ""}},
		{"+14155552671", "BR", Number{"+14155552671", "US", Mobile, []string{"+14155552671"}, "America/Los_Angeles"}},
		{"(415) 555-2671", "US", Number{"+14155552671", "US", Mobile, []string{"+14155552671"}, "America/Los_Angeles"}},
		{"+351 912 345 678", "BR", Number{"+351912345678", "PT", Mobile, []string{"+351912345678"}, ""}},
		{"+44 20 7946 0958", "BR", Number{"+442079460958", "GB", Landline, []string{"+442079460958"}, "Europe/London"}},
		{"+39 02 1234 5678", "BR", Number{"+390212345678", "IT", Landline, []string{"+390212345678"}, "Europe/Rome"}},
		{"+595 961 456789", "BR", Number{"+595961456789", "PY", Mobile, []string{"+595961456789"}, "America/Asuncion"}},
		{"+44 56 1234 5678", "BR", Number{"+445612345678", "GB", VoIP, []string{"+445612345678"}, ""}},
	} {
		got, err := Parse(c.input, c.country)
		if err != nil {
			t.Errorf("Parse(%q, %q): %v", c.input, c.country, err)
			continue
		}
		if got.Country == "BR" && got.Kind == TollFree || got.Country == "PT" || got.Kind == VoIP {
			got.Zone = "" // the library's opinion on these may change
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("Parse(%q, %q) (-want +got):\n%s", c.input, c.country, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, input := range []string{
		"", " ", "+", "abc", "0", "98765-4321", "+55", "+5511", "+551187654", "+55119876543210",
		"+5520987654321", "+55 11 88765-4321", "+551100000012", "+5511187654321", "+14155552671x9", "+1 800 FLOWERS",
		"11 98765-4321 ramal 3", "++5511987654321", "55+11987654321", "１１987654321", "+999123456789",
		"11987654321; DROP", strings.Repeat("1", 41), strings.Repeat(" ", 500), "\x00", "+5511\xff87654321",
	} {
		got, err := Parse(input, "BR")
		if !errors.Is(err, portal.Refuse(portal.CodeInvalidNumber)) {
			t.Errorf("Parse(%q) = %+v, %v; want invalid_number", input, got, err)
		}
		if err != nil && err.Error() != "invalid_number" {
			t.Errorf("the error says more than its code: %q", err)
		}
	}
	for _, country := range []string{"", "XX", "Brasil"} {
		if n, err := Parse("11987654321", country); err == nil {
			t.Errorf("Parse without a country (%q) = %+v", country, n)
		}
	}
}

func TestMagicNumbersAreValid(t *testing.T) {
	t.Parallel()
	for i := 1; i <= 17; i++ {
		e164 := fmt.Sprintf("+55119000000%02d", i)
		n, err := Parse(e164, "")
		if err != nil || n.E164 != e164 || n.Kind != Mobile || n.Country != "BR" {
			t.Errorf("Parse(%s) = %+v, %v", e164, n, err)
		}
	}
}

func TestZonesExist(t *testing.T) {
	t.Parallel()
	if len(zones) != 67 {
		t.Errorf("%d area codes, want 67", len(zones))
	}
	for area, zone := range zones {
		if _, err := time.LoadLocation(zone); err != nil {
			t.Errorf("%s: %v", area, err)
		}
	}
}

func TestFromQuery(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{" 5511987654417": "+5511987654417", "+55": "+55", "11 9": "11 9", "": "", " ": "+"} {
		if got := FromQuery(in); got != want {
			t.Errorf("FromQuery(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMaskAndFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ e164, mask, format string }{
		{"+5511987654417", "+55 11 9••••-4417", "+55 11 98765-4417"},
		{"+5511900000001", "+55 11 9••••-0001", "+55 11 90000-0001"},
		{"+551133334444", "+55 11 ••••-4444", "+55 11 3333-4444"},
		{"+558007290722", "+55 ••••0722", "+55 800 729 0722"},
		{"+14155552671", "+1 ••••2671", "+1 415-555-2671"},
		{"+351912345678", "+351 ••••5678", "+351 912 345 678"},
		{"+123456", "••••", "+1 23456"},
		{"secret", "••••", "secret"},
		{"", "", ""},
	} {
		if got := Mask(c.e164); got != c.mask {
			t.Errorf("Mask(%q) = %q, want %q", c.e164, got, c.mask)
		}
		if got := Format(c.e164); got != c.format {
			t.Errorf("Format(%q) = %q, want %q", c.e164, got, c.format)
		}
	}
	if got := Digits("+5511987654417"); got != "5511987654417" {
		t.Errorf("Digits = %q", got)
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"+5531988887777", "+553188887777", true},
		{"+553188887777", "+5531988887777", true},
		{"+551100000012", "+5511900000012", true},
		{"+5511933334444", "+551133334444", false},
		{"+5511987654417", "+5511987654418", false},
		{"+14155552671", "+14155552671", true},
		{"+14155552671", "+5511987654417", false},
	} {
		if got := Same(c.a, c.b); got != c.want {
			t.Errorf("Same(%s, %s) = %v", c.a, c.b, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"+5511987654417", "(11) 8765-4417", "0800 729 0722", "+14155552671", "+390669812345", "00", "+٣", "4004-1234"} {
		f.Add(seed, "BR")
	}
	f.Add("415 555 2671", "US")
	f.Fuzz(func(t *testing.T, input, country string) {
		n, err := Parse(input, country)
		if err != nil {
			return
		}
		if n.E164 == "" || n.Kind == "" || len(n.Candidates) == 0 || n.Candidates[0] != n.E164 {
			t.Fatalf("Parse(%q) = %+v", input, n)
		}
		again, err := Parse(n.E164, "")
		if err != nil || again.E164 != n.E164 {
			t.Fatalf("Parse(%q) is %s, which parses as %+v, %v", input, n.E164, again, err)
		}
		if got := Digits(n.E164); strings.Contains(Mask(n.E164), got) || len(got) > 15 {
			t.Fatalf("%s is masked as %s", n.E164, Mask(n.E164))
		}
		if !Same(n.E164, n.Candidates[len(n.Candidates)-1]) {
			t.Fatalf("%v are not the same", n.Candidates)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := Parse("+55 11 98765-4417", "BR"); err != nil {
			b.Fatal(err)
		}
	}
}
