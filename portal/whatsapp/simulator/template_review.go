package simulator

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// How long the simulator's review takes, and what comes after it.
const (
	reviewAfter = 2 * time.Second
	laterAfter  = 5 * time.Second
	waitAfter   = 24 * time.Hour
	farAhead    = time.Minute // what comes later is told to who asks, not called back
)

// review is what happens to a new template. How its name begins decides, so
// that every end can be tried.
func review(name string, now time.Time) []Step {
	approved := Step{At: now.Add(reviewAfter), Status: "APPROVED"}
	begin, _, _ := strings.Cut(name, "_")
	switch begin {
	case "reject":
		return []Step{{At: now.Add(reviewAfter), Status: "REJECTED", Reason: "INVALID_FORMAT"}}
	case "pause":
		return []Step{approved, {At: now.Add(laterAfter), Status: "PAUSED", Quality: "RED"}}
	case "disable":
		return []Step{approved, {At: now.Add(laterAfter), Status: "DISABLED", Quality: "RED"}}
	case "recategorize":
		return []Step{approved, {At: now.Add(laterAfter), Category: "MARKETING"}}
	case "wait":
		return []Step{{At: now.Add(waitAfter), Status: "APPROVED"}}
	}
	return []Step{approved}
}

// reviewAgain is what happens to an edited template: the edit helped.
func reviewAgain(name string, now time.Time) []Step {
	if strings.HasPrefix(name, "wait_") {
		return review(name, now)
	}
	return []Step{{At: now.Add(reviewAfter), Status: "APPROVED", Quality: "UNKNOWN", Reason: "NONE"}}
}

// saveTemplate keeps a template and schedules what its plan calls back with.
func (s *Simulator) saveTemplate(ctx context.Context, ph Phone, t Template) error {
	var callbacks []Callback
	before := t
	for _, step := range t.Plan {
		due := step.At.Add(-time.Duration(ph.Settings.Ahead))
		if !s.heard(ph) || due.Sub(s.now()) > farAhead {
			break
		}
		after := before
		after.Plan = []Step{step}
		after = after.at(step.At)
		for _, change := range templateChanges(before, after) {
			cb, err := newCallback(ph, due, change.field, change.value)
			if err != nil {
				return err
			}
			callbacks = append(callbacks, cb)
		}
		before = after
	}
	if err := s.templates.SaveTemplate(ctx, t, callbacks); err != nil {
		return fmt.Errorf("save template: %w", err)
	}
	return nil
}

// change is one change of a callback.
type change struct {
	field string
	value map[string]any
}

// templateChanges are the callbacks about what differs.
func templateChanges(before, after Template) (list []change) {
	add := func(field string, more map[string]any) {
		more["message_template_id"] = json.Number(after.ID)
		more["message_template_name"] = after.Name
		more["message_template_language"] = after.Language
		list = append(list, change{field, more})
	}
	if before.Quality != after.Quality {
		add("message_template_quality_update", map[string]any{"previous_quality_score": before.Quality, "new_quality_score": after.Quality})
	}
	if before.Category != after.Category {
		add("template_category_update", map[string]any{"previous_category": before.Category, "new_category": after.Category})
	}
	if before.Status != after.Status {
		value := map[string]any{"event": after.Status, "reason": cmp.Or(after.Reason, "NONE"), "message_template_category": after.Category}
		switch after.Status {
		case "REJECTED":
			value["rejection_info"] = map[string]string{
				"reason":         "The name of the template begins with reject_, so the simulator rejects it.",
				"recommendation": "Edit the template: the simulator approves every edit.",
			}
		case "PAUSED":
			value["other_info"] = map[string]string{"title": "FIRST_PAUSE", "description": "Too many people blocked or reported this template. It is paused for 3 hours."}
		case "DISABLED":
			value["disable_info"] = map[string]any{"disable_date": unix(after.Plan[0].At)}
			value["other_info"] = map[string]string{"title": "DISABLED", "description": "The template was paused too often."}
		}
		add("message_template_status_update", value)
	}
	return list
}
