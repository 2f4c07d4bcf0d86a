package whatsapp

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Number is what WhatsApp says of a sending number.
type Number struct {
	ID           string
	Phone        string // as WhatsApp writes it for people: +55 11 4002-8922
	VerifiedName string
	NameStatus   string // lower case: approved, declined, …; "" = not told
	Quality      string // green, yellow, red or unknown
	Status       string // lower case: connected, pending, banned, …; "" = not told
	PeopleLimit  *int   // people first written to in 24 h; 0 = no limit; nil = not told
	Throughput   *int   // messages per second; nil = not told
}

// Sends reports whether the number is registered, as far as WhatsApp tells.
func (n Number) Sends() bool {
	switch n.Status {
	case "pending", "unverified", "disconnected", "deleted", "migrated", "banned":
		return false
	}
	return true
}

// numberFields are what is asked of a number. Versions that do not know all of
// them are asked for the first few.
var numberFields = []string{
	"id,display_phone_number,verified_name,quality_rating,name_status,status,throughput,whatsapp_business_manager_messaging_limit",
	"id,display_phone_number,verified_name,quality_rating",
}

// codeInvalid is Meta's code of an argument it does not take.
const codeInvalid = 100

// Number asks WhatsApp about the channel's number. It changes nothing there.
func (c *Client) Number(ctx context.Context, ch Channel) (n Number, out Outcome) {
	for _, fields := range numberFields {
		var w wireNumber
		out = c.manage(ctx, ch, request{http.MethodGet, url.PathEscape(ch.PhoneNumberID) + "?fields=" + fields, nil}, &w)
		if out.Kind == Accepted {
			return w.public(), out
		}
		if out.Error == nil || out.Error.Code != codeInvalid || out.Error.Subcode != 0 {
			break
		}
	}
	return n, out
}

type wireNumber struct {
	ID           string `json:"id"`
	Phone        string `json:"display_phone_number"`
	VerifiedName string `json:"verified_name"`
	NameStatus   string `json:"name_status"`
	Quality      string `json:"quality_rating"`
	Status       string `json:"status"`
	Limit        tier   `json:"whatsapp_business_manager_messaging_limit"`
	Throughput   struct {
		Level string `json:"level"`
	} `json:"throughput"`
}

func (w wireNumber) public() Number {
	n := Number{
		ID: clean(w.ID), Phone: clean(w.Phone), VerifiedName: clean(w.VerifiedName), NameStatus: lower(w.NameStatus),
		Quality: QualityOf(w.Quality), Status: lower(w.Status), PeopleLimit: w.Limit.people,
	}
	if rate, known := map[string]int{"standard": StandardThroughput, "high": HighThroughput}[lower(w.Throughput.Level)]; known {
		n.Throughput = &rate
	}
	return n
}

// The messages a second that a number takes.
const (
	StandardThroughput = 80
	HighThroughput     = 1000
)

// QualityOf reads WhatsApp's word for a number's quality.
func QualityOf(word string) string {
	switch word = lower(word); word {
	case "green", "yellow", "red":
		return word
	}
	return "unknown"
}

func lower(s string) string { return strings.ToLower(clean(s)) }

// tier reads Meta's messaging limit: TIER_2K, TIER_UNLIMITED, 2000, -1.
type tier struct{ people *int }

func (t *tier) UnmarshalJSON(raw []byte) error {
	t.people = peopleOf(strings.Trim(string(raw), `"`))
	return nil
}

func peopleOf(text string) *int {
	text, named := strings.CutPrefix(strings.ToUpper(text), "TIER_")
	if named && text == "UNLIMITED" || text == "-1" {
		return new(int)
	}
	digits, thousands := strings.CutSuffix(text, "K")
	n, err := strconv.Atoi(digits)
	if err != nil || n <= 0 || n > 1<<30/1000 {
		return nil
	}
	if thousands {
		n *= 1000
	}
	return &n
}

// Subscribe has WhatsApp call back the token's app about a business account.
func (c *Client) Subscribe(ctx context.Context, ch Channel, waba string) Outcome {
	return c.manage(ctx, ch, request{http.MethodPost, url.PathEscape(waba) + "/subscribed_apps", nil}, nil)
}

// Register makes the number send by the Cloud API. The PIN is that of its
// two-step verification, or becomes it.
func (c *Client) Register(ctx context.Context, ch Channel, pin string) Outcome {
	body := map[string]string{"messaging_product": "whatsapp", "pin": pin}
	return c.manage(ctx, ch, request{http.MethodPost, url.PathEscape(ch.PhoneNumberID) + "/register", body}, nil)
}

// RequestCode has WhatsApp send a code to the number, by "SMS" or "VOICE".
func (c *Client) RequestCode(ctx context.Context, ch Channel, method, language string) Outcome {
	body := map[string]string{"code_method": method, "language": language}
	return c.manage(ctx, ch, request{http.MethodPost, url.PathEscape(ch.PhoneNumberID) + "/request_code", body}, nil)
}

// VerifyCode gives back the code that the number received.
func (c *Client) VerifyCode(ctx context.Context, ch Channel, code string) Outcome {
	return c.manage(ctx, ch, request{http.MethodPost, url.PathEscape(ch.PhoneNumberID) + "/verify_code", map[string]string{"code": code}}, nil)
}

// TokenExpiry asks WhatsApp when the channel's token ends; nil is never, or not told.
func (c *Client) TokenExpiry(ctx context.Context, ch Channel) (*time.Time, Outcome) {
	var answer struct {
		Data struct {
			ExpiresAt int64 `json:"expires_at"`
		} `json:"data"`
	}
	out := c.manage(ctx, ch, request{http.MethodGet, "debug_token?input_token=" + url.QueryEscape(ch.Token), nil}, &answer)
	if out.Kind != Accepted || answer.Data.ExpiresAt <= 0 {
		return nil, out
	}
	at := time.Unix(answer.Data.ExpiresAt, 0).UTC()
	return &at, out
}

// Check asks WhatsApp whether the channel's token may speak for its number. It
// changes nothing there. Accepted means yes.
func (c *Client) Check(ctx context.Context, ch Channel) Outcome {
	return c.manage(ctx, ch, request{http.MethodGet, url.PathEscape(ch.PhoneNumberID) + "?fields=id", nil}, nil)
}

// request is a call about a number or its business account, which sends nothing
// to anybody and may be made again.
type request struct {
	method, path string
	body         any // nil = none
}

// manage makes one such call and reads its answer into the value given, unless
// that is nil. Accepted means that WhatsApp did it; a lost answer is RetryLater.
func (c *Client) manage(ctx context.Context, ch Channel, q request, into any) (out Outcome) {
	start := time.Now()
	defer func() { out.Duration = time.Since(start) }()
	var body io.Reader = http.NoBody
	if q.body != nil {
		raw, err := json.Marshal(q.body)
		if err != nil {
			return Outcome{Kind: Refused, Cause: errors.New("the request is not JSON")}
		}
		body = bytes.NewReader(raw)
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, q.method, c.base+"/"+q.path, body)
	if err != nil {
		return Outcome{Kind: RetryLater, Cause: errors.New("the base URL is not one")}
	}
	req.Header.Set("Authorization", "Bearer "+ch.Token)
	req.Header.Set("User-Agent", "wpp-developers")
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return Outcome{Kind: RetryLater, Cause: cause(err)}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return Outcome{Kind: RetryLater, HTTPStatus: resp.StatusCode, Cause: cause(err)}
	}
	if resp.StatusCode != http.StatusOK {
		out = readAnswer(resp, answer)
		out.hide(ch.Token)
		if out.Kind == Unknown {
			out.Kind = RetryLater
		}
		return out
	}
	out = Outcome{Kind: Accepted, HTTPStatus: resp.StatusCode, TraceID: cmp.Or(resp.Header.Get("X-Fb-Trace-Id"), resp.Header.Get("X-Fb-Request-Id"))}
	if into != nil && json.Unmarshal(answer, into) != nil {
		return Outcome{Kind: RetryLater, HTTPStatus: resp.StatusCode, TraceID: out.TraceID, Cause: errors.New("the answer is not the JSON that was expected")}
	}
	return out
}

// hide takes a token out of WhatsApp's words: it repeats one that it cannot read.
func (o *Outcome) hide(token string) {
	if o.Error == nil || token == "" {
		return
	}
	told := *o.Error
	told.Title = strings.ReplaceAll(told.Title, token, "…")
	told.Details = strings.ReplaceAll(told.Details, token, "…")
	told.Advice = strings.ReplaceAll(told.Advice, token, "…")
	o.Error = &told
}
