package simulator

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The limits of free-form content, in characters or items.
const (
	maxText     = 4096
	maxCaption  = 1024
	maxFilename = 240
	maxLink     = 2048
	maxPlace    = 1000
	maxEmoji    = 32
	maxCards    = 5
	maxCardList = 20
)

// free checks the object of a kind. Free-form content costs nothing, because
// it needs an open window.
func free(kind string, check func(object) error) func(object) (pricing, error) {
	return func(request object) (pricing, error) {
		price := pricing{Billable: false, Model: "PMP", Type: "free_customer_service", Category: "service"}
		o, err := request.child(kind)
		if err != nil {
			return price, err
		}
		return price, check(o)
	}
}

func checkText(o object) error {
	if err := o.only("body", "preview_url"); err != nil {
		return err
	}
	if _, err := o.text("body", maxText); err != nil {
		return err
	}
	if o.has("preview_url") {
		var preview *bool
		if json.Unmarshal(o.fields["preview_url"], &preview) != nil || preview == nil {
			return invalid("Param text['preview_url'] must be a boolean.")
		}
	}
	return nil
}

var digits = regexp.MustCompile(`^[0-9]+$`)

// media returns the check of a file by id or link, with the texts that its kind may have.
func media(texts ...string) func(object) error {
	limits := map[string]int{"caption": maxCaption, "filename": maxFilename}
	return func(o object) error {
		if err := o.only(append([]string{"id", "link", "provider"}, texts...)...); err != nil {
			return err
		}
		if o.has("id") == o.has("link") {
			return invalid(fmt.Sprintf("Exactly one of %s and %s is required.", o.path("id"), o.path("link")))
		}
		if id, err := o.optionalText("id", maxID); err != nil || id != "" && !digits.MatchString(id) {
			return invalid(fmt.Sprintf("Param %s is not a valid media id.", o.path("id")))
		}
		if err := checkLink(o, "link"); err != nil {
			return err
		}
		for _, text := range texts {
			if _, err := o.optionalText(text, limits[text]); err != nil {
				return err
			}
		}
		return nil
	}
}

// checkLink checks an optional address.
func checkLink(o object, key string) error {
	link, err := o.optionalText(key, maxLink)
	if err != nil {
		return err
	}
	if link != "" && !strings.HasPrefix(link, "https://") && !strings.HasPrefix(link, "http://") {
		return badValue(fmt.Sprintf("Param %s is not a valid URL.", o.path(key)))
	}
	return nil
}

func checkLocation(o object) error {
	if err := o.only("latitude", "longitude", "name", "address"); err != nil {
		return err
	}
	if _, err := o.number("latitude", -90, 90); err != nil {
		return err
	}
	if _, err := o.number("longitude", -180, 180); err != nil {
		return err
	}
	for _, key := range []string{"name", "address"} {
		if _, err := o.optionalText(key, maxPlace); err != nil {
			return err
		}
	}
	return nil
}

func checkReaction(o object) error {
	if err := o.only("message_id", "emoji"); err != nil {
		return err
	}
	if err := checkWAMID(o); err != nil {
		return err
	}
	if string(o.fields["emoji"]) == `""` {
		return nil // removes the reaction
	}
	_, err := o.text("emoji", maxEmoji)
	return err
}

func checkContacts(request object) (pricing, error) {
	price := pricing{Billable: false, Model: "PMP", Type: "free_customer_service", Category: "service"}
	cards, err := request.list("contacts", maxCards)
	if err != nil {
		return price, err
	}
	for _, card := range cards {
		if err := checkCard(card); err != nil {
			return price, err
		}
	}
	return price, nil
}

func checkCard(o object) error {
	if err := o.only("name", "phones", "emails", "addresses", "urls", "org", "birthday"); err != nil {
		return err
	}
	name, err := o.child("name")
	if err != nil {
		return err
	}
	parts := []string{"first_name", "last_name", "middle_name", "suffix", "prefix"}
	if err := name.only(append(parts, "formatted_name")...); err != nil {
		return err
	}
	if _, err := name.text("formatted_name", maxPlace); err != nil {
		return err
	}
	if !slices.ContainsFunc(parts, name.has) {
		return missing("At least one of the parts of " + name.name + " is required.")
	}
	for _, key := range []string{"phones", "emails", "addresses", "urls"} {
		if _, err := o.objects(key, maxCardList); err != nil {
			return err
		}
	}
	return nil
}
