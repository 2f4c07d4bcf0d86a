package events

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/wppmarketing/developers/portal"
)

// decimals are the currencies (ISO 4217) whose smallest unit is not a hundredth.
var decimals = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "UYI": 0,
	"VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

var symbols = map[string]string{"BRL": "R$", "USD": "US$", "EUR": "€", "GBP": "£", "JPY": "¥", "ARS": "AR$", "MXN": "MX$"}

func decimalsOf(currency string) int {
	if n, ok := decimals[currency]; ok {
		return n
	}
	return 2
}

// FormatMoney writes an amount as people of a language (WhatsApp's code) do: R$ 1.299,90.
func FormatMoney(m portal.Money, language string) string {
	point, group := ".", ","
	if commaLanguage(language) {
		point, group = ",", "."
	}
	places := decimalsOf(m.Currency)
	digits := strconv.FormatInt(m.Amount, 10)
	sign := ""
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		sign, digits = "-", rest
	}
	if len(digits) <= places {
		digits = strings.Repeat("0", places+1-len(digits)) + digits
	}
	whole, part := digits[:len(digits)-places], digits[len(digits)-places:]
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + group + whole[i:]
	}
	if part != "" {
		whole += point + part
	}
	symbol := symbols[m.Currency]
	if symbol == "" {
		symbol = m.Currency
	}
	return sign + symbol + " " + whole
}

// commaLanguage reports whether a language writes the comma before decimals.
func commaLanguage(language string) bool {
	switch base, _, _ := strings.Cut(language, "_"); strings.ToLower(base) {
	case "pt", "pt-br", "es", "it", "de", "fr", "nl":
		return true
	}
	return false
}

// ParseAmount reads what a person writes for an amount of a currency, such as
// 1.299,90 or 1299.9 or R$ 100, as a condition keeps it: in the smallest unit.
// The last comma or point is the decimal one when at most as many digits follow
// it as the currency has.
func ParseAmount(text, currency string) (value string, ok bool) {
	places := decimalsOf(currency)
	text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), symbols[currency]))
	text = strings.ReplaceAll(text, " ", "")
	part := ""
	if i := strings.LastIndexAny(text, ",."); i >= 0 && len(text)-i-1 <= places {
		text, part = text[:i], text[i+1:]
	}
	whole := strings.NewReplacer(",", "", ".", "").Replace(text)
	digits := whole + part + strings.Repeat("0", places-len(part))
	if whole == "" || strings.ContainsFunc(digits, func(r rune) bool { return !unicode.IsDigit(r) }) {
		return "", false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > maxAmount {
		return "", false
	}
	return strconv.FormatInt(n, 10), true
}
