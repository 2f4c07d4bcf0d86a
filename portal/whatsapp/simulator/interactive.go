package simulator

import (
	"encoding/json"
	"fmt"
	"slices"
)

// The limits of interactive messages, in characters or items.
const (
	maxBodyText       = 1024
	maxShort          = 60
	maxButtons        = 3
	maxButtonTitle    = 20
	maxButtonID       = 256
	maxSections       = 10
	maxRows           = 10
	maxRowTitle       = 24
	maxRowID          = 200
	maxRowDescription = 72
	maxReference      = 35
)

// actions are the kinds of interactive message, each with the check of its action.
var actions = map[string]func(action object) error{
	"button":        checkButtons,
	"cta_url":       named("cta_url", checkLinkButton),
	"list":          checkList,
	"order_details": named("review_and_pay", checkOrder),
	"order_status":  named("review_order", checkOrderStatus),
}

func checkInteractive(o object) error {
	if err := o.only("type", "header", "body", "footer", "action"); err != nil {
		return err
	}
	kind, err := o.text("type", maxID)
	if err != nil {
		return err
	}
	check, ok := actions[kind]
	if !ok {
		return badValue("Param interactive['type'] is not one that this number may send.")
	}
	if err := checkFrame(o, kind); err != nil {
		return err
	}
	action, err := o.child("action")
	if err != nil {
		return err
	}
	return check(action)
}

// checkFrame checks what stands around the action.
func checkFrame(o object, kind string) error {
	body, err := o.child("body")
	if err != nil {
		return err
	}
	if _, err := body.text("text", maxBodyText); err != nil {
		return err
	}
	if o.has("footer") {
		footer, err := o.child("footer")
		if err != nil {
			return err
		}
		if _, err := footer.text("text", maxShort); err != nil {
			return err
		}
	}
	if !o.has("header") {
		return nil
	}
	header, err := o.child("header")
	if err != nil {
		return err
	}
	return checkHeader(header, kind)
}

func checkHeader(o object, kind string) error {
	what, err := o.text("type", maxID)
	if err != nil {
		return err
	}
	if err := o.only("type", what); err != nil {
		return err
	}
	if what == "text" {
		_, err := o.text("text", maxShort)
		return err
	}
	if kind == "list" || !slices.Contains([]string{"image", "video", "document"}, what) {
		return badValue(fmt.Sprintf("Param %s is not valid for this type.", o.path("type")))
	}
	file, err := o.child(what)
	if err != nil {
		return err
	}
	return media("filename")(file)
}

func checkButtons(o object) error {
	if err := o.only("buttons"); err != nil {
		return err
	}
	buttons, err := o.list("buttons", maxButtons)
	if err != nil {
		return err
	}
	seen := unique{}
	for _, b := range buttons {
		if kind, err := b.text("type", maxID); err != nil || kind != "reply" {
			return badValue(fmt.Sprintf("Param %s must be reply.", b.path("type")))
		}
		reply, err := b.child("reply")
		if err != nil {
			return err
		}
		if err := seen.text(reply, "id", maxButtonID); err != nil {
			return err
		}
		if err := seen.text(reply, "title", maxButtonTitle); err != nil {
			return err
		}
	}
	return nil
}

// unique remembers the values of keys that may not repeat in a message.
type unique map[[2]string]bool

func (u unique) text(o object, key string, limit int) error {
	value, err := o.text(key, limit)
	if err != nil {
		return err
	}
	if u[[2]string{key, value}] {
		return badValue(fmt.Sprintf("Param %s is not unique.", o.path(key)))
	}
	u[[2]string{key, value}] = true
	return nil
}

func checkList(o object) error {
	if err := o.only("button", "sections"); err != nil {
		return err
	}
	if _, err := o.text("button", maxButtonTitle); err != nil {
		return err
	}
	sections, err := o.list("sections", maxSections)
	if err != nil {
		return err
	}
	total, seen := 0, unique{}
	for _, s := range sections {
		if title, err := s.optionalText("title", maxRowTitle); err != nil || title == "" && len(sections) > 1 {
			return missing(fmt.Sprintf("Parameter %s is missing or too long.", s.path("title")))
		}
		rows, err := s.list("rows", maxRows)
		if err != nil {
			return err
		}
		total += len(rows)
		for _, r := range rows {
			if err := checkRow(r, seen); err != nil {
				return err
			}
		}
	}
	if total > maxRows {
		return badValue(fmt.Sprintf("Total row count exceeds the maximum of %d.", maxRows))
	}
	return nil
}

func checkRow(o object, seen unique) error {
	if err := seen.text(o, "id", maxRowID); err != nil {
		return err
	}
	if _, err := o.text("title", maxRowTitle); err != nil {
		return err
	}
	_, err := o.optionalText("description", maxRowDescription)
	return err
}

// named returns the check of an action that has a name and parameters.
func named(name string, check func(parameters object) error) func(object) error {
	return func(o object) error {
		if got, err := o.text("name", maxID); err != nil || got != name {
			return badValue(fmt.Sprintf("Param %s must be %s.", o.path("name"), name))
		}
		parameters, err := o.child("parameters")
		if err != nil {
			return err
		}
		return check(parameters)
	}
}

func checkLinkButton(o object) error {
	if err := o.only("display_text", "url"); err != nil {
		return err
	}
	if _, err := o.text("display_text", maxButtonTitle); err != nil {
		return err
	}
	if _, err := o.text("url", maxLink); err != nil {
		return err
	}
	return checkLink(o, "url")
}

func checkOrder(o object) error {
	if _, err := o.text("reference_id", maxReference); err != nil {
		return err
	}
	if currency, err := o.text("currency", maxID); err != nil || currency != "BRL" {
		return badValue("Param currency must be BRL.")
	}
	order, err := o.child("order")
	if err != nil {
		return err
	}
	items, err := order.list("items", 999)
	if err != nil {
		return err
	}
	for _, line := range items {
		if _, err := line.number("quantity", 1, 999); err != nil {
			return err
		}
		if _, err := amount(line, "amount"); err != nil {
			return err
		}
	}
	total, err := amount(o, "total_amount")
	if err != nil {
		return err
	}
	sum := 0.0
	for key, sign := range map[string]float64{"subtotal": 1, "tax": 1, "shipping": 1, "discount": -1} {
		if !order.has(key) {
			continue
		}
		value, err := amount(order, key)
		if err != nil {
			return err
		}
		sum += sign * value
	}
	if sum != total {
		return badValue("Total amount does not match the sum of subtotal, tax, shipping and discount.")
	}
	return nil
}

func amount(o object, key string) (float64, error) {
	money, err := o.child(key)
	if err != nil {
		return 0, err
	}
	if _, err := money.number("offset", 100, 100); err != nil {
		return 0, err
	}
	return money.number("value", 0, 1e12)
}

func checkOrderStatus(o object) error {
	if _, err := o.text("reference_id", maxReference); err != nil {
		return err
	}
	order, err := o.child("order")
	if err != nil {
		return err
	}
	status, err := order.text("status", maxID)
	if err != nil {
		return err
	}
	known := []string{"pending", "processing", "partially-shipped", "shipped", "completed", "canceled"}
	if !slices.Contains(known, status) {
		list, _ := json.Marshal(known)
		return badValue(fmt.Sprintf("Param %s must be one of %s.", order.path("status"), list))
	}
	return nil
}
