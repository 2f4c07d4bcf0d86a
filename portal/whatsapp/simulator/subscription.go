package simulator

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

func (s *Simulator) subscriptions(_ *http.Request, ph Phone) (any, error) {
	list := []any{}
	if !ph.Settings.Unheard {
		app := map[string]any{"whatsapp_business_api_data": map[string]string{"id": "1", "name": "Simulator", "link": "https://www.facebook.com/games/?app_id=1"}}
		if ph.Settings.Callback != "" {
			app["override_callback_uri"] = ph.Settings.Callback
		}
		list = append(list, app)
	}
	return map[string]any{"data": list}, nil
}

func (s *Simulator) unsubscribe(r *http.Request, ph Phone) (any, error) {
	return s.configure(r, ph, func(c *Settings) error { c.Unheard, c.Callback = true, ""; return nil })
}

// subscribe turns the callbacks on, and sends them to another address when one is named.
func (s *Simulator) subscribe(r *http.Request, ph Phone) (any, error) {
	o, err := readParameters(r)
	if err != nil {
		return nil, err
	}
	address, err := o.optionalText("override_callback_uri", maxLink)
	if err != nil {
		return nil, err
	}
	if address != "" {
		token, err := o.text("verify_token", maxID)
		if err != nil {
			return nil, err
		}
		if err := s.shakeHands(r.Context(), address, token); err != nil {
			return nil, refused(2200, "Callback verification failed", err.Error())
		}
	}
	return s.configure(r, ph, func(c *Settings) error { c.Unheard, c.Callback = false, address; return nil })
}

// shakeHands asks the address whether it wants the callbacks, as Meta does.
func (s *Simulator) shakeHands(ctx context.Context, address, token string) error {
	if s.outward == nil {
		return errors.New("this simulator calls no address")
	}
	target, err := url.Parse(address)
	if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return errors.New("the address is not one")
	}
	challenge := rand.Text()
	q := target.Query()
	q.Set("hub.mode", "subscribe")
	q.Set("hub.challenge", challenge)
	q.Set("hub.verify_token", token)
	target.RawQuery = q.Encode()
	ctx, cancel := context.WithTimeout(ctx, receiveTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody) //nolint:gosec // the client of the stand-alone simulator names its own receiver
	if err != nil {
		return errors.New("the address is not one")
	}
	resp, err := s.outward.RoundTrip(req)
	if err != nil {
		return errors.New("the address could not be reached")
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil || resp.StatusCode != http.StatusOK || strings.TrimSpace(string(answer)) != challenge {
		return fmt.Errorf("the address answered %d, or not with the challenge", resp.StatusCode)
	}
	return nil
}

// readParameters reads what Meta takes as JSON, as a form or in the query.
func readParameters(r *http.Request) (object, error) {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media == "application/json" {
		raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		if err != nil {
			return object{}, fmt.Errorf("read body: %w", err)
		}
		if len(raw) > 0 {
			return parseObject("", raw)
		}
	}
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return object{}, invalid("The request could not be read.")
	}
	o := object{fields: map[string]json.RawMessage{}}
	for key := range r.Form {
		raw, err := json.Marshal(r.Form.Get(key))
		if err != nil {
			return o, err
		}
		o.fields[key] = raw
	}
	return o, nil
}
