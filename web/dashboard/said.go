package dashboard

import (
	"encoding/json"
	"fmt"

	"github.com/wppmarketing/developers/portal"
)

// said is what can be read of a free-form content of any type, in either
// direction: people's messages have fields that ours have not.
type said struct {
	Body      worded          `json:"body"` // of a text, or of an interactive message
	Text      string          `json:"text"` // label of a tapped button
	Caption   string          `json:"caption"`
	Filename  string          `json:"filename"`
	Name      json.RawMessage `json:"name"`
	Address   string          `json:"address"`
	Latitude  *float64        `json:"latitude"`
	Longitude *float64        `json:"longitude"`
	Emoji     string          `json:"emoji"`
	Header    worded          `json:"header"`
	Footer    worded          `json:"footer"`
	Action    struct {
		Buttons []struct {
			Reply titled `json:"reply"`
		} `json:"buttons"`
		Sections []struct {
			Title string   `json:"title"`
			Rows  []titled `json:"rows"`
		} `json:"sections"`
		Parameters struct {
			DisplayText string `json:"display_text"`
			URL         string `json:"url"`
			ReferenceID string `json:"reference_id"`
		} `json:"parameters"`
	} `json:"action"`
	ButtonReply titled `json:"button_reply"`
	ListReply   titled `json:"list_reply"`
	FormReply   struct {
		Name string `json:"name"`
		Body string `json:"body"`
	} `json:"nfm_reply"`
	Products []struct {
		ID       string      `json:"product_retailer_id"`
		Quantity json.Number `json:"quantity"`
	} `json:"product_items"`
}

// worded is a text, by itself or in an object.
type worded string

// UnmarshalJSON takes both forms; anything else says nothing.
func (w *worded) UnmarshalJSON(raw []byte) error {
	var inner struct {
		Text string `json:"text"`
	}
	var plain string
	if json.Unmarshal(raw, &plain) == nil {
		*w = worded(plain)
	} else if json.Unmarshal(raw, &inner) == nil {
		*w = worded(inner.Text)
	}
	return nil
}

type titled struct {
	Title       string `json:"title"`
	Description string `json:"description"`
}

// lines writes a free-form content as its reader sees it, a paragraph each.
func (s said) lines() (lines []string) {
	add := func(texts ...string) {
		for _, text := range texts {
			lines = append(lines, paragraphs(text)...)
		}
	}
	choice := func(text string) {
		if text != "" {
			add("· " + text)
		}
	}
	var place string
	_ = json.Unmarshal(s.Name, &place) // the name of a card is an object
	add(string(s.Header), string(s.Body), s.Text, s.Filename, s.Caption, place, s.Address)
	if s.Latitude != nil && s.Longitude != nil && place == "" {
		add(degrees(*s.Latitude, "N", "S") + ", " + degrees(*s.Longitude, "E", "W"))
	}
	add(s.Emoji, string(s.Footer), s.ButtonReply.Title, s.ListReply.Title, s.ListReply.Description)
	add(s.FormReply.Name, s.FormReply.Body)
	for _, p := range s.Products {
		choice(p.Quantity.String() + " × " + p.ID)
	}
	for _, b := range s.Action.Buttons {
		choice(b.Reply.Title)
	}
	for _, section := range s.Action.Sections {
		add(section.Title)
		for _, row := range section.Rows {
			choice(row.Title)
		}
	}
	choice(s.Action.Parameters.DisplayText)
	add(s.Action.Parameters.URL, s.Action.Parameters.ReferenceID)
	return lines
}

// degrees writes a coordinate; its sign would make it look like a telephone number.
func degrees(d float64, plus, minus string) string {
	if d < 0 {
		return fmt.Sprintf("%.5f° %s", -d, minus)
	}
	return fmt.Sprintf("%.5f° %s", d, plus)
}

// saidIn returns the lines of a free-form content; none when nothing of it can be read.
func saidIn(m portal.Message) (lines []string) {
	if m.Type != portal.TypeContacts {
		var s said
		if json.Unmarshal(m.Content, &s) != nil {
			return nil
		}
		return s.lines()
	}
	var cards []struct {
		Name struct {
			Formatted string `json:"formatted_name"`
		} `json:"name"`
	}
	if json.Unmarshal(m.Content, &cards) != nil {
		return nil
	}
	for _, c := range cards {
		lines = append(lines, paragraphs(c.Name.Formatted)...)
	}
	return lines
}
