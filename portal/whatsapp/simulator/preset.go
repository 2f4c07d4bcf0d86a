package simulator

import (
	"net/http"
	"slices"
)

// presets are Meta's errors that a rule may name, as Meta's own table answers
// them; the subcode of an expired token is 463.
var presets = map[int]fault{
	1:      {status: http.StatusBadRequest, title: "API Unknown"},
	2:      {status: http.StatusServiceUnavailable, title: "API Service", transient: true},
	3:      {status: http.StatusInternalServerError, title: "API Method"},
	4:      {status: http.StatusBadRequest, title: "API Too Many Calls", transient: true},
	10:     {status: http.StatusForbidden, title: "Permission Denied"},
	33:     {status: http.StatusBadRequest, title: "Parameter value is not valid", details: "The business phone number has been deleted."},
	100:    {status: http.StatusBadRequest, title: "Invalid parameter"},
	190:    {status: http.StatusUnauthorized, title: "Access token expired", subcode: 463},
	200:    {status: http.StatusForbidden, title: "Permission error"},
	368:    {status: http.StatusForbidden, title: "Temporarily blocked for policies violations"},
	80007:  {status: http.StatusBadRequest, title: "Rate limit issues", transient: true},
	130403: {status: http.StatusBadRequest, title: "The business blocked this person"},
	130429: {status: http.StatusBadRequest, title: "Rate limit hit", transient: true},
	130472: {status: http.StatusBadRequest, title: "User's number is part of an experiment"},
	130497: {status: http.StatusForbidden, title: "Business account is restricted from messaging users in this country"},
	131000: {status: http.StatusInternalServerError, title: "Something went wrong"},
	131005: {status: http.StatusForbidden, title: "Access denied"},
	131008: {status: http.StatusBadRequest, title: "Required parameter is missing"},
	131009: {status: http.StatusBadRequest, title: "Parameter value is not valid"},
	131016: {status: http.StatusInternalServerError, title: "Service unavailable", transient: true},
	131021: {status: http.StatusBadRequest, title: "Recipient cannot be sender"},
	131026: {status: http.StatusBadRequest, title: "Message undeliverable"},
	131030: {status: http.StatusBadRequest, title: "Recipient phone number not in allowed list"},
	131031: {status: http.StatusForbidden, title: "Account has been locked"},
	131042: {status: http.StatusBadRequest, title: "Business eligibility payment issue"},
	131045: {status: http.StatusInternalServerError, title: "Incorrect certificate"},
	131047: {status: http.StatusBadRequest, title: "Re-engagement message"},
	131048: {status: http.StatusBadRequest, title: "Spam rate limit hit"},
	131049: {status: http.StatusBadRequest, title: "This message was not delivered to maintain healthy ecosystem engagement"},
	131050: {status: http.StatusBadRequest, title: "User has stopped marketing messages from your business"},
	131051: {status: http.StatusBadRequest, title: "Unsupported message type"},
	131052: {status: http.StatusBadRequest, title: "Media download error"},
	131053: {status: http.StatusBadRequest, title: "Media upload error"},
	131056: {status: http.StatusBadRequest, title: "(Business Account, Consumer Account) pair rate limit hit"},
	131057: {status: http.StatusInternalServerError, title: "Account in maintenance mode", transient: true},
	131064: {status: http.StatusBadRequest, title: "Template category is enforced"},
	132000: {status: http.StatusBadRequest, title: "Number of parameters does not match the expected number of params"},
	132001: {status: http.StatusNotFound, title: "Template name does not exist in the translation"},
	132005: {status: http.StatusBadRequest, title: "Translated text too long"},
	132007: {status: http.StatusBadRequest, title: "Template format character policy violated"},
	132012: {status: http.StatusBadRequest, title: "Template parameter format mismatch"},
	132015: {status: http.StatusBadRequest, title: "Template is paused"},
	132016: {status: http.StatusBadRequest, title: "Template is disabled"},
	132068: {status: http.StatusBadRequest, title: "Flow is blocked"},
	132069: {status: http.StatusBadRequest, title: "Flow is throttled"},
	133004: {status: http.StatusServiceUnavailable, title: "Server temporarily unavailable", transient: true},
	133010: {status: http.StatusBadRequest, title: "Phone number not registered"},
	135000: {status: http.StatusBadRequest, title: "Generic user error"},
}

// Codes lists the errors of Meta that a rule may name, ascending.
func Codes() []int {
	codes := make([]int, 0, len(presets))
	for code := range presets {
		if code != 0 {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}

// Title returns Meta's title of an error, "" when it is unknown here.
func Title(code int) string { return presets[code].title }

// preset returns a fresh copy of the error.
func preset(code int) *fault {
	f := presets[code]
	f.code = code
	if f.details == "" {
		f.details = f.title + "."
	}
	return &f
}
