package events

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wppmarketing/developers/portal"
)

// operators are what can be asked of each kind, in the order the editor offers them.
var operators = map[string][]string{
	KindText:   {portal.OperatorIs, portal.OperatorIsNot, portal.OperatorHas, portal.OperatorPresent, portal.OperatorAbsent},
	KindNumber: {portal.OperatorAtLeast, portal.OperatorAtMost, portal.OperatorIs, portal.OperatorIsNot, portal.OperatorPresent, portal.OperatorAbsent},
	KindMoney:  {portal.OperatorAtLeast, portal.OperatorAtMost, portal.OperatorPresent, portal.OperatorAbsent},
	KindTime:   {portal.OperatorPresent, portal.OperatorAbsent},
	KindDate:   {portal.OperatorPresent, portal.OperatorAbsent},
	KindChoice: {portal.OperatorIs, portal.OperatorIsNot, portal.OperatorPresent, portal.OperatorAbsent},
	KindList:   {portal.OperatorHas, portal.OperatorPresent, portal.OperatorAbsent},
}

// OperatorsOf returns what can be asked of a kind of field.
func OperatorsOf(kind string) []string { return operators[kind] }

var operatorWords = map[string]portal.Words{
	portal.OperatorIs:      {EN: "is", PT: "é"},
	portal.OperatorIsNot:   {EN: "is not", PT: "não é"},
	portal.OperatorAtLeast: {EN: "≥", PT: "≥"},
	portal.OperatorAtMost:  {EN: "≤", PT: "≤"},
	portal.OperatorHas:     {EN: "contains", PT: "contém"},
	portal.OperatorPresent: {EN: "is given", PT: "foi informado"},
	portal.OperatorAbsent:  {EN: "is not given", PT: "não foi informado"},
}

// AsksNothing reports whether an operator needs no value.
func AsksNothing(operator string) bool {
	return operator == portal.OperatorPresent || operator == portal.OperatorAbsent
}

// holds reports whether a condition is true of the event. What an event does not
// say is no text and no amount, so only is_not and absent are true of it.
func (f facts) holds(c portal.Condition) bool {
	v := f.value(c.Field)
	switch c.Operator {
	case portal.OperatorPresent:
		return v.present()
	case portal.OperatorAbsent:
		return !v.present()
	case portal.OperatorIsNot:
		return !v.is(c.Value)
	case portal.OperatorIs:
		return v.is(c.Value)
	case portal.OperatorHas:
		return v.has(c.Value)
	case portal.OperatorAtLeast:
		amount, bound, ok := v.compared(c.Value)
		return ok && amount >= bound
	case portal.OperatorAtMost:
		amount, bound, ok := v.compared(c.Value)
		return ok && amount <= bound
	}
	return false
}

func (v value) is(wanted string) bool {
	switch v.kind {
	case KindText, KindChoice:
		return strings.EqualFold(v.text, strings.TrimSpace(wanted))
	case KindNumber:
		n, err := strconv.ParseFloat(wanted, 64)
		return err == nil && v.number == n
	}
	return false
}

func (v value) has(wanted string) bool {
	wanted = strings.ToLower(strings.TrimSpace(wanted))
	switch v.kind {
	case KindText:
		return strings.Contains(strings.ToLower(v.text), wanted)
	case KindList:
		return slices.ContainsFunc(v.list, func(s string) bool { return strings.ToLower(s) == wanted })
	}
	return false
}

func (v value) compared(wanted string) (amount, bound float64, ok bool) {
	bound, err := strconv.ParseFloat(wanted, 64)
	switch v.kind {
	case KindNumber:
		return v.number, bound, err == nil
	case KindMoney:
		return float64(v.money.Amount), bound, err == nil
	}
	return 0, 0, false
}

// ConditionWords says a condition in a sentence; amounts are in the currency.
func ConditionWords(c portal.Condition, currency string) portal.Words {
	field, ok := fieldOf(c.Field)
	if !ok {
		field.Words = portal.Words{EN: c.Field, PT: c.Field}
	}
	shown := conditionValue(field, c, currency)
	say := func(lang string) string {
		text := field.Words.In(lang) + " " + operatorWords[c.Operator].In(lang)
		if v := shown.In(lang); v != "" {
			text += " " + v
		}
		return text
	}
	return portal.Words{EN: say(portal.LangEN), PT: say(portal.LangPT)}
}

// masked stands for what a customer said of themselves.
const masked = "•••"

// told says a condition in a trace. Auditors read traces, and they outlive an
// erasure: what is asked of the customer's own data is left out.
func told(c portal.Condition, currency string) portal.Words {
	if strings.HasPrefix(c.Field, "customer.") && c.Field != "customer.country" && !AsksNothing(c.Operator) {
		c.Value = masked
	}
	return ConditionWords(c, currency)
}

func conditionValue(field Field, c portal.Condition, currency string) portal.Words {
	if AsksNothing(c.Operator) {
		return portal.Words{}
	}
	switch field.Kind {
	case KindMoney:
		if n, err := strconv.ParseInt(c.Value, 10, 64); err == nil {
			m := portal.Money{Amount: n, Currency: currency}
			return portal.Words{EN: FormatMoney(m, "en"), PT: FormatMoney(m, "pt")}
		}
	case KindChoice:
		for _, choice := range field.Choices {
			if choice.Value == c.Value {
				return choice.Words
			}
		}
	}
	return portal.Words{EN: c.Value, PT: c.Value}
}

// unmet says why a condition does not hold, without words of the customer.
func (f facts) unmet(c portal.Condition) portal.Words {
	w := told(c, f.currency())
	v := f.value(c.Field)
	switch v.kind {
	case "":
		if c.Operator != portal.OperatorPresent {
			return portal.Words{EN: w.EN + ": the event does not say it", PT: w.PT + ": o evento não informa"}
		}
		return portal.Words{EN: w.EN + ": it is not", PT: w.PT + ": não foi"}
	case KindMoney, KindNumber, KindChoice:
		return portal.Words{
			EN: w.EN + ": it is " + v.show(fieldLook{path: c.Field, language: "en", zone: f.zone()}),
			PT: w.PT + ": é " + v.show(fieldLook{path: c.Field, language: "pt_BR", zone: f.zone()}),
		}
	}
	return portal.Words{EN: w.EN + ": not so in this event", PT: w.PT + ": não é o caso neste evento"}
}

// maxConditionValue bounds the text of a condition, in bytes.
const maxConditionValue = 255

// checkCondition returns what is wrong with a condition at a pointer.
func checkCondition(c portal.Condition, pointer string) []portal.FieldError {
	field, ok := fieldOf(c.Field)
	if !ok {
		code := portal.FieldUnknown
		if c.Field == "" {
			code = portal.FieldRequired
		}
		return []portal.FieldError{{Pointer: pointer + "/field", Code: code, Detail: portal.Words{EN: "Events have no such field.", PT: "Os eventos não têm esse campo."}}}
	}
	if !slices.Contains(operators[field.Kind], c.Operator) {
		return []portal.FieldError{{
			Pointer: pointer + "/operator", Code: portal.FieldInvalidValue,
			Detail: portal.Words{
				EN: "This comparison does not fit “" + field.Words.EN + "”. Choose one of the list.",
				PT: "Esta comparação não serve para “" + field.Words.PT + "”. Escolha uma da lista.",
			},
		}}
	}
	code, detail := valueProblem(field, c)
	if code == "" {
		return nil
	}
	return []portal.FieldError{{Pointer: pointer + "/value", Code: code, Detail: detail}}
}

func valueProblem(field Field, c portal.Condition) (code string, detail portal.Words) {
	switch {
	case AsksNothing(c.Operator):
		return "", detail
	case strings.TrimSpace(c.Value) == "":
		return portal.FieldRequired, detail
	case len(c.Value) > maxConditionValue:
		return portal.FieldTooLong, detail
	case field.Kind == KindMoney:
		if n, err := strconv.ParseInt(c.Value, 10, 64); err != nil || n < 0 || n > maxAmount {
			return portal.FieldInvalidFormat, portal.Words{EN: "Write an amount, such as 100.00.", PT: "Escreva um valor, como 100,00."}
		}
	case field.Kind == KindNumber:
		if n, err := strconv.ParseFloat(c.Value, 64); err != nil || n < -maxAmount || n > maxAmount || n != n {
			return portal.FieldInvalidFormat, portal.Words{EN: "Write a number.", PT: "Escreva um número."}
		}
	case field.Kind == KindChoice:
		if !slices.ContainsFunc(field.Choices, func(ch Choice) bool { return ch.Value == c.Value }) {
			return portal.FieldInvalidValue, portal.Words{EN: "Choose one of the list.", PT: "Escolha um da lista."}
		}
	}
	return "", detail
}
