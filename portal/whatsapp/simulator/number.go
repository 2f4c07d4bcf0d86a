package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal/phone"
)

// edge answers one address below an object.
type edge func(s *Simulator, r *http.Request, ph Phone) (any, error)

// numberEdges are what a number answers beside messages.
var numberEdges = map[string]edge{
	"DELETE block_users":             (*Simulator).unblock,
	"GET block_users":                (*Simulator).blocked,
	"GET whatsapp_business_profile":  (*Simulator).profile,
	"POST block_users":               (*Simulator).block,
	"POST deregister":                (*Simulator).deregister,
	"POST media":                     (*Simulator).upload,
	"POST register":                  (*Simulator).register,
	"POST request_code":              (*Simulator).requestCode,
	"POST verify_code":               (*Simulator).verifyCode,
	"POST whatsapp_business_profile": (*Simulator).setProfile,
}

// businessEdges are what a business account answers.
var businessEdges = map[string]edge{
	"DELETE message_templates": (*Simulator).deleteTemplates,
	"DELETE subscribed_apps":   (*Simulator).unsubscribe,
	"GET message_templates":    (*Simulator).listTemplates,
	"GET phone_numbers":        (*Simulator).phoneNumbers,
	"GET subscribed_apps":      (*Simulator).subscriptions,
	"POST message_templates":   (*Simulator).createTemplate,
	"POST subscribed_apps":     (*Simulator).subscribe,
}

var success = map[string]bool{"success": true}

// configure changes the settings of the phone; a fault of change is the answer.
func (s *Simulator) configure(r *http.Request, ph Phone, change func(*Settings) error) (any, error) {
	return success, s.journal.Configure(r.Context(), ph.ID, change)
}

// profileLimits are the fields of a profile and how long each may be.
var profileLimits = map[string]int{
	"about": 139, "address": 256, "description": 512, "email": 128, "profile_picture_handle": 2048, "vertical": 64,
}

func (s *Simulator) profile(r *http.Request, ph Phone) (any, error) {
	all := map[string]any{"messaging_product": "whatsapp"}
	if len(ph.Settings.Profile) > 0 {
		if err := json.Unmarshal(ph.Settings.Profile, &all); err != nil {
			return nil, fmt.Errorf("profile of %s: %w", ph.ID, err)
		}
	}
	if fields := r.URL.Query().Get("fields"); fields != "" {
		chosen := strings.Split(fields, ",")
		maps.DeleteFunc(all, func(key string, _ any) bool { return key != "messaging_product" && !slices.Contains(chosen, key) })
	}
	return map[string]any{"data": []any{all}}, nil
}

func (s *Simulator) setProfile(r *http.Request, ph Phone) (any, error) {
	o, err := readBody(r)
	if err != nil {
		return nil, err
	}
	if err := o.only(append(slices.Sorted(maps.Keys(profileLimits)), "messaging_product", "websites")...); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(profileLimits)) {
		if string(o.fields[key]) == `""` {
			continue // empties the field
		}
		if _, err := o.optionalText(key, profileLimits[key]); err != nil {
			return nil, err
		}
	}
	var sites []string
	if o.has("websites") && (json.Unmarshal(o.fields["websites"], &sites) != nil || len(sites) > 2) {
		return nil, invalid("Param websites must be an array of at most 2.")
	}
	return s.configure(r, ph, func(c *Settings) error {
		all := map[string]json.RawMessage{}
		if len(c.Profile) > 0 {
			if err := json.Unmarshal(c.Profile, &all); err != nil {
				return fmt.Errorf("profile of %s: %w", ph.ID, err)
			}
		}
		maps.Copy(all, o.fields)
		c.Profile, err = json.Marshal(all)
		return err
	})
}

func (s *Simulator) blocked(_ *http.Request, ph Phone) (any, error) {
	list := []any{}
	for _, waID := range ph.Settings.Blocked {
		list = append(list, map[string]string{"messaging_product": "whatsapp", "wa_id": waID})
	}
	return map[string]any{"data": list}, nil
}

func (s *Simulator) block(r *http.Request, ph Phone) (any, error) {
	return s.changeBlocked(r, ph, "added_users", func(list []string, waID string) []string {
		if slices.Contains(list, waID) {
			return list
		}
		return append(list, waID)
	})
}

func (s *Simulator) unblock(r *http.Request, ph Phone) (any, error) {
	return s.changeBlocked(r, ph, "removed_users", func(list []string, waID string) []string {
		return slices.DeleteFunc(list, func(known string) bool { return known == waID })
	})
}

const maxBlocked = 1000

func (s *Simulator) changeBlocked(r *http.Request, ph Phone, what string, change func(list []string, waID string) []string) (any, error) {
	o, err := readBody(r)
	if err != nil {
		return nil, err
	}
	users, err := o.list("block_users", maxBlocked)
	if err != nil {
		return nil, err
	}
	changed := []any{}
	var waIDs []string
	for _, u := range users {
		input, err := u.text("user", maxID)
		if err != nil {
			return nil, err
		}
		number, err := phone.Parse("+"+strings.TrimPrefix(input, "+"), "")
		if err != nil {
			return nil, badValue("Param user is not a phone number.")
		}
		person, err := s.journal.Person(r.Context(), ph, number.E164)
		if err != nil {
			return nil, err
		}
		waID := person.waID(number.E164)
		waIDs = append(waIDs, waID)
		changed = append(changed, map[string]string{"input": input, "wa_id": waID})
	}
	_, err = s.configure(r, ph, func(c *Settings) error {
		for _, waID := range waIDs {
			c.Blocked = change(c.Blocked, waID)
		}
		return nil
	})
	return map[string]any{"messaging_product": "whatsapp", "block_users": map[string]any{what: changed}}, err
}

func (s *Simulator) phoneNumbers(r *http.Request, ph Phone) (any, error) {
	all, err := s.journal.Phones(r.Context(), ph.WABA)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, p := range all {
		if p.Token != ph.Token && p.ID != ph.ID {
			continue // each number has a token of its own here, and it speaks for that number only
		}
		described, err := describe(p, r.URL.Query().Get("fields"))
		if err != nil {
			return nil, err
		}
		list = append(list, described)
	}
	return map[string]any{"data": list, "paging": map[string]any{"cursors": map[string]string{"before": "MA", "after": "MA"}}}, nil
}

// describe answers GET /{phone-number-id}; fields "" means the usual ones.
func describe(ph Phone, fields string) (any, error) {
	status, verified := "CONNECTED", "VERIFIED"
	if ph.Settings.Leaving.Deregistered {
		status = "PENDING"
	}
	if ph.Settings.Leaving.Unverified {
		verified = "NOT_VERIFIED"
	}
	usual := map[string]any{
		"id":                       ph.ID,
		"display_phone_number":     phone.Format(ph.Number),
		"verified_name":            "Simulator",
		"quality_rating":           "GREEN",
		"code_verification_status": verified,
		"platform_type":            "CLOUD_API",
		"throughput":               map[string]string{"level": "STANDARD"},
	}
	if fields == "" {
		return usual, nil
	}
	all := maps.Clone(usual)
	maps.Copy(all, map[string]any{
		"account_mode": "SANDBOX", "name_status": "APPROVED", "status": status, "is_official_business_account": false,
		"last_onboarded_time": time.Unix(1_700_000_000, 0).UTC().Format("2006-01-02T15:04:05-0700"), "host_platform": "CLOUD_API",
		"whatsapp_business_manager_messaging_limit": tier(ph.Settings.Limits.Portfolio), "is_pin_enabled": ph.Settings.Leaving.PIN != "",
	})
	chosen := map[string]any{"id": ph.ID}
	for field := range strings.SplitSeq(fields, ",") {
		value, ok := all[strings.TrimSpace(field)]
		if !ok {
			return nil, invalid("Tried accessing nonexisting field on node type (WhatsAppBusinessPhoneNumber).")
		}
		chosen[strings.TrimSpace(field)] = value
	}
	return chosen, nil
}

// tier names a messaging limit as Meta does.
func tier(people int) string {
	switch {
	case people == 0:
		return "TIER_UNLIMITED"
	case people >= 1000:
		return fmt.Sprintf("TIER_%dK", people/1000)
	}
	return fmt.Sprintf("TIER_%d", people)
}
