package whatsapp

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter keeps a wrong header from parking a message for ever.
const maxRetryAfter = 24 * time.Hour

var errNoMessageID = errors.New("the answer holds no message id")

// readAnswer turns an HTTP answer into an outcome.
func readAnswer(resp *http.Response, body []byte) Outcome {
	out := Outcome{
		HTTPStatus: resp.StatusCode,
		TraceID:    cmp.Or(resp.Header.Get("X-Fb-Trace-Id"), resp.Header.Get("X-Fb-Request-Id")),
		RetryAfter: retryAfter(resp.Header),
	}
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return readSuccess(out, body)
	}
	var fault wireFault
	if json.Unmarshal(body, &fault) == nil && fault.Error != nil && fault.Error.Code != nil {
		out.Error = fault.Error.public()
		out.TraceID = cmp.Or(fault.Error.TraceID, out.TraceID)
	}
	out.Kind = Classify(resp.StatusCode, out.Error)
	if out.Error == nil {
		out.Cause = errors.New("the answer holds no error object")
	}
	return out
}

func readSuccess(out Outcome, body []byte) Outcome {
	var ok struct {
		Contacts []struct {
			WAID string `json:"wa_id"`
		} `json:"contacts"`
		Messages []struct {
			ID string `json:"id"`
		} `json:"messages"`
	}
	if json.Unmarshal(body, &ok) != nil || len(ok.Messages) == 0 || ok.Messages[0].ID == "" {
		out.Kind, out.Cause = Unknown, errNoMessageID
		return out
	}
	out.Kind, out.MessageID = Accepted, ok.Messages[0].ID
	if len(ok.Contacts) > 0 {
		out.WAID = ok.Contacts[0].WAID
	}
	return out
}

type wireFault struct {
	Error *wireError `json:"error"`
}

// wireError is Meta's error in both its shapes: the one of answers and the one of callbacks.
type wireError struct {
	Code    *int   `json:"code"`
	Subcode int    `json:"error_subcode"`
	Title   string `json:"title"`
	Message string `json:"message"`
	TraceID string `json:"fbtrace_id"`
	Heading string `json:"error_user_title"`
	Advice  string `json:"error_user_msg"`
	Data    struct {
		Details string `json:"details"`
	} `json:"error_data"`
}

var codePrefix = regexp.MustCompile(`^\(#\d+\) `)

func (e *wireError) public() *ProviderError {
	return &ProviderError{
		Code:    *e.Code,
		Subcode: e.Subcode,
		Title:   clean(cmp.Or(e.Title, codePrefix.ReplaceAllString(e.Message, ""))),
		Details: clean(e.Data.Details),
		Advice:  clean(e.advice()),
	}
}

// advice joins the two texts that Meta writes for people; "" when it wrote none.
func (e *wireError) advice() string {
	switch {
	case e.Heading == "" || e.Advice == "":
		return cmp.Or(e.Advice, e.Heading)
	case strings.HasSuffix(e.Heading, "."):
		return e.Heading + " " + e.Advice
	}
	return e.Heading + ". " + e.Advice
}

// retryAfter reads the standard header, else Meta's own, which counts minutes.
func retryAfter(h http.Header) time.Duration {
	var wait time.Duration
	if value := h.Get("Retry-After"); value != "" {
		if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
			wait = time.Duration(seconds) * time.Second
		} else if at, err := http.ParseTime(value); err == nil {
			wait = time.Until(at)
		}
	} else if value := h.Get("X-Business-Use-Case-Usage"); value != "" {
		var usage map[string][]struct {
			Minutes int32 `json:"estimated_time_to_regain_access"`
		}
		if json.Unmarshal([]byte(value), &usage) == nil {
			for _, of := range usage {
				for _, u := range of {
					wait = max(wait, time.Duration(u.Minutes)*time.Minute)
				}
			}
		}
	}
	return min(max(wait, 0), maxRetryAfter)
}
