package whatsapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
)

// Read is what WhatsApp is told of a message that a person sent.
type Read struct {
	MessageID string // wamid
	Typing    bool   // the person sees "typing…", for 25 seconds or until the next message
}

// MarkRead tells WhatsApp that a message a person sent was read, with all before
// it. Telling it twice changes nothing, so every outcome but Accepted and
// Refused may be tried again.
func (c *Client) MarkRead(ctx context.Context, ch Channel, r Read) Outcome {
	content := map[string]any{"messaging_product": "whatsapp", "status": "read", "message_id": r.MessageID}
	if r.Typing {
		content["typing_indicator"] = map[string]string{"type": "text"}
	}
	body, err := json.Marshal(content)
	if err != nil {
		return Outcome{Kind: Refused, Cause: err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	address := c.base + "/" + url.PathEscape(ch.PhoneNumberID) + "/messages"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return Outcome{Kind: RetryLater, Cause: errors.New("the base URL is not one")}
	}
	req.Header.Set("Authorization", "Bearer "+ch.Token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "wpp-developers")
	resp, err := c.http.Do(req)
	if err != nil {
		return Outcome{Kind: RetryLater, Cause: cause(err)}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return Outcome{Kind: RetryLater, HTTPStatus: resp.StatusCode, Cause: cause(err)}
	}
	if resp.StatusCode == http.StatusOK {
		return Outcome{Kind: Accepted, HTTPStatus: resp.StatusCode}
	}
	return readAnswer(resp, answer)
}
