package simulator

import (
	"crypto/rand"
	"net/http"
	"regexp"
	"strings"
)

var sixDigits = regexp.MustCompile(`^[0-9]{6}$`)

func (s *Simulator) register(r *http.Request, ph Phone) (any, error) {
	o, err := readBody(r)
	if err != nil {
		return nil, err
	}
	pin, err := o.text("pin", maxID)
	if err != nil {
		return nil, err
	}
	if !sixDigits.MatchString(pin) {
		return nil, badValue("Param pin must be six digits.")
	}
	return s.configure(r, ph, func(c *Settings) error {
		switch {
		case c.Leaving.Unverified:
			return refused(133006, "Phone number re-verification needed", "The number must be verified before it is registered.")
		case c.Leaving.PIN != "" && c.Leaving.PIN != pin:
			return refused(133005, "Two step verification PIN mismatch", "The PIN is not the one that was set.")
		}
		c.Leaving.PIN, c.Leaving.Deregistered = pin, false
		return nil
	})
}

func (s *Simulator) deregister(r *http.Request, ph Phone) (any, error) {
	return s.configure(r, ph, func(c *Settings) error { c.Leaving.Deregistered = true; return nil })
}

func (s *Simulator) requestCode(r *http.Request, ph Phone) (any, error) {
	o, err := readParameters(r)
	if err != nil {
		return nil, err
	}
	if method, err := o.text("code_method", maxID); err != nil || method != "SMS" && method != "VOICE" {
		return nil, badValue("Param code_method must be SMS or VOICE.")
	}
	if _, err := o.text("language", maxLanguage); err != nil {
		return nil, err
	}
	code := make([]byte, 6)
	_, _ = rand.Read(code)
	for i, b := range code {
		code[i] = '0' + b%10
	}
	return s.configure(r, ph, func(c *Settings) error { c.Leaving.Code, c.Leaving.Unverified = string(code), true; return nil })
}

func (s *Simulator) verifyCode(r *http.Request, ph Phone) (any, error) {
	o, err := readParameters(r)
	if err != nil {
		return nil, err
	}
	code, err := o.text("code", maxID)
	if err != nil {
		return nil, err
	}
	return s.configure(r, ph, func(c *Settings) error {
		if c.Leaving.Code == "" || c.Leaving.Code != strings.ReplaceAll(code, "-", "") {
			return refused(136025, "Verify code error", "The code is not the one that was sent.")
		}
		c.Leaving.Code, c.Leaving.Unverified = "", false
		return nil
	})
}
