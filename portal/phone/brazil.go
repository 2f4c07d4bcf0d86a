package phone

import "strings"

const brazilCode = 55

// zones maps each Brazilian area code to its IANA zone. Where a code spans two
// (97, western Amazonas) the more populous one stands.
var zones = map[string]string{
	"11": saoPaulo, "12": saoPaulo, "13": saoPaulo, "14": saoPaulo, "15": saoPaulo,
	"16": saoPaulo, "17": saoPaulo, "18": saoPaulo, "19": saoPaulo,
	"21": saoPaulo, "22": saoPaulo, "24": saoPaulo, "27": saoPaulo, "28": saoPaulo,
	"31": saoPaulo, "32": saoPaulo, "33": saoPaulo, "34": saoPaulo, "35": saoPaulo,
	"37": saoPaulo, "38": saoPaulo,
	"41": saoPaulo, "42": saoPaulo, "43": saoPaulo, "44": saoPaulo, "45": saoPaulo,
	"46": saoPaulo, "47": saoPaulo, "48": saoPaulo, "49": saoPaulo,
	"51": saoPaulo, "53": saoPaulo, "54": saoPaulo, "55": saoPaulo,
	"61": saoPaulo, "62": saoPaulo, "63": "America/Araguaina", "64": saoPaulo,
	"65": "America/Cuiaba", "66": "America/Cuiaba", "67": "America/Campo_Grande",
	"68": "America/Rio_Branco", "69": "America/Porto_Velho",
	"71": bahia, "73": bahia, "74": bahia, "75": bahia, "77": bahia, "79": "America/Maceio",
	"81": "America/Recife", "82": "America/Maceio", "83": fortaleza, "84": fortaleza,
	"85": fortaleza, "86": fortaleza, "87": "America/Recife", "88": fortaleza, "89": fortaleza,
	"91": "America/Belem", "92": "America/Manaus", "93": "America/Santarem", "94": "America/Belem",
	"95": "America/Boa_Vista", "96": "America/Belem", "97": "America/Manaus",
	"98": fortaleza, "99": fortaleza,
}

const (
	saoPaulo  = "America/Sao_Paulo"
	bahia     = "America/Bahia"
	fortaleza = "America/Fortaleza"
)

// brazilian reads a national number of area code and subscriber; false means
// that it has another form (0800, 4004) or is none. The library is not asked
// about mobiles: it calls the eight-digit ones, and whole new ranges, invalid.
func brazilian(national string) (Number, bool) {
	if len(national) != 10 && len(national) != 11 {
		return Number{}, false
	}
	area, subscriber := national[:2], national[2:]
	zone, ok := zones[area]
	if !ok {
		return Number{}, false
	}
	n := Number{Country: "BR", Zone: zone, Kind: Mobile}
	switch {
	case len(subscriber) == 9 && subscriber[0] == '9':
	case len(subscriber) == 8 && subscriber[0] >= '6':
		subscriber = "9" + subscriber
	case len(subscriber) == 8 && subscriber[0] >= '2':
		n.Kind = Landline
	default:
		return Number{}, false
	}
	n.E164 = "+55" + area + subscriber
	n.Candidates = []string{n.E164}
	// Without its nine, a mobile in 2–5 would be somebody's landline.
	if n.Kind == Mobile && !strings.ContainsRune("2345", rune(subscriber[1])) {
		n.Candidates = append(n.Candidates, "+55"+area+subscriber[1:])
	}
	return n, true
}

// splitBrazil cuts an E.164 number of Brazil into area code and subscriber.
func splitBrazil(e164 string) (area, subscriber string, ok bool) {
	national, ok := strings.CutPrefix(e164, "+55")
	if !ok || (len(national) != 10 && len(national) != 11) {
		return "", "", false
	}
	if _, ok := zones[national[:2]]; !ok {
		return "", "", false
	}
	return national[:2], national[2:], true
}
