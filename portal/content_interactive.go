package portal

// The kinds of interactive message.
const (
	InteractiveButtons      = "button"
	InteractiveList         = "list"
	InteractiveLink         = "cta_url"
	InteractiveOrderDetails = "order_details"
	InteractiveOrderStatus  = "order_status"
)

// Interactive is a message with something to tap, in WhatsApp's shape.
type Interactive struct {
	Type   string             `json:"type" enum:"button,list,cta_url,order_details,order_status" doc:"Reply buttons, a list, a link, or in Brazil an order to pay and its status."`
	Header *InteractiveHeader `json:"header,omitempty" doc:"Above the body; a list takes text only, an order an image only."`
	Body   InteractiveText    `json:"body" doc:"The message itself."`
	Footer *InteractiveText   `json:"footer,omitempty" doc:"Small text below, up to 60 characters."`
	Action Action             `json:"action" doc:"What can be tapped."`
}

// InteractiveText is a text of an interactive message.
type InteractiveText struct {
	Text string `json:"text" minLength:"1" maxLength:"1024" doc:"The text." example:"Como podemos ajudar?"`
}

// InteractiveHeader stands above the body: a text or a file.
type InteractiveHeader struct {
	Type     string `json:"type" enum:"text,image,video,document"`
	Text     string `json:"text,omitempty" maxLength:"60" doc:"With type text."`
	Image    *File  `json:"image,omitempty" doc:"With type image."`
	Video    *File  `json:"video,omitempty" doc:"With type video."`
	Document *File  `json:"document,omitempty" doc:"With type document."`
}

// Action is what can be tapped. Which fields are set depends on the type:
// buttons for button; button and sections for list; name and parameters for the rest.
type Action struct {
	Buttons    []ReplyButton     `json:"buttons,omitempty" maxItems:"3" doc:"One to three reply buttons."`
	Button     string            `json:"button,omitempty" maxLength:"20" doc:"Label that opens the list." example:"Ver opções"`
	Sections   []ListSection     `json:"sections,omitempty" maxItems:"10" doc:"One to ten sections, ten rows altogether."`
	Name       string            `json:"name,omitempty" enum:"cta_url,review_and_pay,review_order" doc:"cta_url, review_and_pay (order_details) or review_order (order_status)."`
	Parameters *ActionParameters `json:"parameters,omitempty" doc:"Of the named action."`
}

// ReplyButton is a button whose tap comes back as a message.
type ReplyButton struct {
	Type  string `json:"type" enum:"reply"`
	Reply Reply  `json:"reply"`
}

// Reply is what a button shows and what comes back.
type Reply struct {
	ID    string `json:"id" minLength:"1" maxLength:"256" doc:"Comes back with the tap; unique in the message." example:"rastrear"`
	Title string `json:"title" minLength:"1" maxLength:"20" doc:"Label." example:"Rastrear pedido"`
}

// ListSection is a group of rows.
type ListSection struct {
	Title string    `json:"title,omitempty" maxLength:"24" doc:"Required when there are several sections."`
	Rows  []ListRow `json:"rows" minItems:"1" maxItems:"10"`
}

// ListRow is one choice of a list.
type ListRow struct {
	ID          string `json:"id" minLength:"1" maxLength:"200" doc:"Comes back with the choice; unique in the message." example:"trocas"`
	Title       string `json:"title" minLength:"1" maxLength:"24" example:"Trocas"`
	Description string `json:"description,omitempty" maxLength:"72"`
}

// ActionParameters are those of cta_url (display_text, url), or of an order.
type ActionParameters struct {
	DisplayText string `json:"display_text,omitempty" maxLength:"20" doc:"Label of the link." example:"Ver pedido"`
	URL         string `json:"url,omitempty" maxLength:"2048" doc:"Address that the link opens, https." example:"https://loja.example.com/p/1001"`
	OrderParameters
}

// The limits of WhatsApp, in characters or items.
const (
	maxInteractiveBody = 1024
	maxShort           = 60
	maxButtons         = 3
	maxButtonTitle     = 20
	maxButtonID        = 256
	maxSections        = 10
	maxRows            = 10
	maxRowTitle        = 24
	maxRowID           = 200
	maxRowDescription  = 72
)

func (k *checker) interactive(in Interactive) {
	const at = "/interactive"
	k.text(at+"/body/text", in.Body.Text, maxInteractiveBody)
	if in.Footer != nil {
		k.text(at+"/footer/text", in.Footer.Text, maxShort)
	}
	if in.Header != nil {
		k.header(at+"/header", in.Type, *in.Header)
	}
	a, given := in.Action, at+"/action"
	k.add(in.Type != InteractiveButtons && a.Buttons != nil, given+"/buttons", FieldConflict)
	k.add(in.Type != InteractiveList && a.Button != "", given+"/button", FieldConflict)
	k.add(in.Type != InteractiveList && a.Sections != nil, given+"/sections", FieldConflict)
	switch in.Type {
	case InteractiveButtons:
		k.unnamed(given, a)
		k.buttons(given+"/buttons", a.Buttons)
	case InteractiveList:
		k.unnamed(given, a)
		k.text(given+"/button", a.Button, maxButtonTitle)
		k.sections(given+"/sections", a.Sections)
	case InteractiveLink:
		if p := k.named(given, a, "cta_url"); p != nil {
			k.text(given+"/parameters/display_text", p.DisplayText, maxButtonTitle)
			k.add(p.URL == "", given+"/parameters/url", FieldRequired)
			k.link(given+"/parameters/url", p.URL)
			k.add(p.given(), given+"/parameters", FieldConflict)
		}
	case InteractiveOrderDetails:
		if p := k.named(given, a, "review_and_pay"); p != nil {
			k.orderDetails(given+"/parameters", *p)
		}
	case InteractiveOrderStatus:
		if p := k.named(given, a, "review_order"); p != nil {
			k.orderStatus(given+"/parameters", *p)
		}
	default:
		k.add(true, at+"/type", FieldInvalidValue)
	}
}

// unnamed refuses what only a named action has.
func (k *checker) unnamed(at string, a Action) {
	k.add(a.Name != "", at+"/name", FieldConflict)
	k.add(a.Parameters != nil, at+"/parameters", FieldConflict)
}

func (k *checker) named(at string, a Action, name string) *ActionParameters {
	k.add(a.Name != name, at+"/name", FieldInvalidValue)
	k.add(a.Parameters == nil, at+"/parameters", FieldRequired)
	return a.Parameters
}

// headers are the kinds of header that each kind of message takes.
var headers = map[string]map[string]bool{
	InteractiveButtons:      {"text": true, "image": true, "video": true, "document": true},
	InteractiveLink:         {"text": true, "image": true, "video": true, "document": true},
	InteractiveList:         {"text": true},
	InteractiveOrderDetails: {"image": true},
	InteractiveOrderStatus:  {},
}

func (k *checker) header(at, kind string, h InteractiveHeader) {
	if !headers[kind][h.Type] {
		k.add(true, at+"/type", FieldInvalidValue)
		return
	}
	files := []struct {
		name string
		file *File
	}{{"image", h.Image}, {"video", h.Video}, {"document", h.Document}}
	for _, f := range files {
		k.add(f.file != nil && f.name != h.Type, at+"/"+f.name, FieldConflict)
		k.add(f.file == nil && f.name == h.Type, at+"/"+f.name, FieldRequired)
		if f.file != nil && f.name == h.Type {
			k.media(at+"/"+f.name, *f.file)
		}
	}
	if h.Type == "text" {
		k.text(at+"/text", h.Text, maxShort)
		return
	}
	k.add(h.Text != "", at+"/text", FieldConflict)
}

func (k *checker) buttons(at string, buttons []ReplyButton) {
	k.add(len(buttons) == 0, at, FieldRequired)
	k.add(len(buttons) > maxButtons, at, FieldTooMany)
	ids, titles := map[string]bool{}, map[string]bool{}
	for i, b := range buttons {
		reply := item(at, i) + "/reply"
		k.add(b.Type != "reply", item(at, i)+"/type", FieldInvalidValue)
		k.text(reply+"/id", b.Reply.ID, maxButtonID)
		k.text(reply+"/title", b.Reply.Title, maxButtonTitle)
		k.add(ids[b.Reply.ID], reply+"/id", FieldConflict)
		k.add(titles[b.Reply.Title], reply+"/title", FieldConflict)
		ids[b.Reply.ID], titles[b.Reply.Title] = true, true
	}
}

func (k *checker) sections(at string, sections []ListSection) {
	k.add(len(sections) == 0, at, FieldRequired)
	k.add(len(sections) > maxSections, at, FieldTooMany)
	rows, ids := 0, map[string]bool{}
	for i, s := range sections {
		here := item(at, i)
		k.add(len(sections) > 1 && s.Title == "", here+"/title", FieldRequired)
		k.atMost(here+"/title", s.Title, maxRowTitle)
		k.add(len(s.Rows) == 0, here+"/rows", FieldRequired)
		for j, r := range s.Rows {
			row := item(here+"/rows", j)
			k.text(row+"/id", r.ID, maxRowID)
			k.text(row+"/title", r.Title, maxRowTitle)
			k.atMost(row+"/description", r.Description, maxRowDescription)
			k.add(ids[r.ID], row+"/id", FieldConflict)
			ids[r.ID] = true
		}
		rows += len(s.Rows)
	}
	k.add(rows > maxRows, at, FieldTooMany)
}
