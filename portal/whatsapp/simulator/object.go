package simulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// object is a JSON object under validation; name tells where it stands, for the
// details of faults, and is "" for the whole request.
type object struct {
	name   string
	fields map[string]json.RawMessage
}

func parseObject(name string, raw json.RawMessage) (object, error) {
	o := object{name: name}
	if json.Unmarshal(raw, &o.fields) != nil || o.fields == nil {
		return o, invalid(fmt.Sprintf("%s must be a JSON object.", cmp.Or(name, "The request")))
	}
	return o, nil
}

// only refuses fields that Meta does not know there.
func (o object) only(known ...string) error {
	for key := range o.fields {
		if !slices.Contains(known, key) {
			return invalid(fmt.Sprintf("Unexpected key %q on param %q.", key, cmp.Or(o.name, "message")))
		}
	}
	return nil
}

// path names a field as Meta does: text['body'].
func (o object) path(key string) string {
	if o.name == "" {
		return key
	}
	return fmt.Sprintf("%s['%s']", o.name, key)
}

func (o object) has(key string) bool { return o.fields[key] != nil }

// text returns a required text of 1 to limit characters.
func (o object) text(key string, limit int) (string, error) {
	if !o.has(key) {
		return "", missing(fmt.Sprintf("Parameter %s is missing.", o.path(key)))
	}
	return o.optionalText(key, limit)
}

// optionalText is text, or "" when the field is absent.
func (o object) optionalText(key string, limit int) (string, error) {
	if !o.has(key) {
		return "", nil
	}
	var value *string
	if json.Unmarshal(o.fields[key], &value) != nil || value == nil {
		return "", invalid(fmt.Sprintf("Param %s must be a string.", o.path(key)))
	}
	switch n := utf8.RuneCountInString(*value); {
	case n == 0:
		return "", badValue(fmt.Sprintf("Param %s must not be empty.", o.path(key)))
	case n > limit:
		return "", invalid(fmt.Sprintf("Param %s must be at most %d characters long.", o.path(key), limit))
	}
	return *value, nil
}

// number returns a required number between low and high.
func (o object) number(key string, low, high float64) (float64, error) {
	if !o.has(key) {
		return 0, missing(fmt.Sprintf("Parameter %s is missing.", o.path(key)))
	}
	var value *float64
	if json.Unmarshal(o.fields[key], &value) != nil || value == nil {
		// Meta's own samples write coordinates as strings.
		var quoted json.Number
		if json.Unmarshal(o.fields[key], &quoted) != nil {
			return 0, invalid(fmt.Sprintf("Param %s must be a number.", o.path(key)))
		}
		n, err := quoted.Float64()
		if err != nil {
			return 0, invalid(fmt.Sprintf("Param %s must be a number.", o.path(key)))
		}
		value = &n
	}
	if !(*value >= low && *value <= high) {
		return 0, badValue(fmt.Sprintf("Param %s must be between %g and %g.", o.path(key), low, high))
	}
	return *value, nil
}

// list returns a required list of 1 to limit objects.
func (o object) list(key string, limit int) ([]object, error) {
	all, err := o.objects(key, limit)
	if err == nil && len(all) == 0 {
		err = missing(fmt.Sprintf("Parameter %s is missing.", o.path(key)))
	}
	return all, err
}

// child returns a required object inside o.
func (o object) child(key string) (object, error) {
	if !o.has(key) {
		return object{}, missing(fmt.Sprintf("Parameter %s is missing.", o.path(key)))
	}
	return parseObject(o.path(key), o.fields[key])
}

// objects returns an optional list of at most limit objects.
func (o object) objects(key string, limit int) ([]object, error) {
	if !o.has(key) {
		return nil, nil
	}
	var raw []json.RawMessage
	if json.Unmarshal(o.fields[key], &raw) != nil || len(raw) > limit {
		return nil, invalid(fmt.Sprintf("Param %s must be an array of at most %d.", o.path(key), limit))
	}
	list := make([]object, len(raw))
	for i, item := range raw {
		var err error
		if list[i], err = parseObject(fmt.Sprintf("%s[%d]", o.path(key), i), item); err != nil {
			return nil, err
		}
	}
	return list, nil
}
