package simulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Journal keeps what must outlive the process.
type Journal interface {
	// Phone returns the number with this phone-number-id, not_found when there is none.
	Phone(ctx context.Context, phoneNumberID string) (Phone, error)
	// PhoneOf returns the number of a channel, not_found when there is none.
	PhoneOf(ctx context.Context, channelID string) (Phone, error)
	// Phones returns the numbers of a business account, oldest first.
	Phones(ctx context.Context, waba string) ([]Phone, error)
	// Configure changes the settings of a number. It keeps nothing when change
	// answers an error, which it returns.
	Configure(ctx context.Context, phoneNumberID string, change func(*Settings) error) error

	// Person returns what is known about a person towards a number; zero when
	// nothing is. key is E.164, or the id of a person whose number is hidden.
	Person(ctx context.Context, ph Phone, key string) (Person, error)
	// People returns the people a number knows, the last to write first.
	People(ctx context.Context, ph Phone, limit int) ([]Person, error)
	// SetPerson changes it.
	SetPerson(ctx context.Context, ph Phone, key string, change func(*Person)) error

	// Schedule has stored all callbacks when it returns nil, and none otherwise.
	Schedule(ctx context.Context, callbacks []Callback) error
	// Deliver claims due callbacks and calls send for them, with several of one
	// channel at a time as the journal likes; it forgets those for which send
	// returned nil and postpones those that it refused alone; one that answers
	// ErrPanicked again and again is given up. send may be called from several
	// goroutines at once. It returns how many it took up.
	Deliver(ctx context.Context, limit int, send func([]Callback) error) (int, error)
	// Pass has that much time pass: what is owed comes so much sooner, and what
	// people wrote is so much older.
	Pass(ctx context.Context, ph Phone, d time.Duration) error

	// Deliveries returns the latest tries to deliver callbacks, newest first.
	// Under load not every try is kept.
	Deliveries(ctx context.Context, ph Phone, limit int) ([]Delivery, error)
	// Owed tells how many callbacks wait, and until when the next one does.
	Owed(ctx context.Context, ph Phone) (n int, next time.Time, err error)
}

// Person is a person as one number knows them.
type Person struct {
	Key     string    `json:"key,omitempty"`     // E.164, or the id of a person whose number is hidden
	WroteAt time.Time `json:"wrote_at,omitzero"` // zero: never
	Absent  bool      `json:"absent,omitempty"`  // the number is not on WhatsApp
	WAID    string    `json:"wa_id,omitempty"`   // how WhatsApp writes the number; "" = its digits
	UserID  string    `json:"user_id,omitempty"` // the person's id in this business
	Name    string    `json:"name,omitempty"`    // of the profile
	Phone   string    `json:"phone,omitempty"`   // of a person known by an id
	Tester  bool      `json:"tester,omitempty"`  // nobody asks for the window
	Unread  bool      `json:"unread,omitempty"`  // reads nothing
	Stopped bool      `json:"stopped,omitempty"` // wants no marketing: 131050

	TypingAt time.Time `json:"typing_at,omitzero"` // when the business last began to type, by the number's time
}

// special reports whether the person differs from what the number alone says.
func (p Person) special() bool {
	return p.Absent || p.Unread || p.Stopped || p.WAID != "" || p.UserID != ""
}

// Callback is one call that the simulator owes to a channel.
type Callback struct {
	ID        string
	ChannelID string
	DueAt     time.Time
	Body      []byte // what is signed and sent, when no others go along
}

// Delivery is one try to deliver a callback.
type Delivery struct {
	ID        string
	Callback  string // its id
	ChannelID string
	At        time.Time
	Took      time.Duration
	Status    int // of the answer; 0 = there was none
	Body      []byte
}

const deliveryPrefix = "sdl"

// StatusOf returns the status of the answer behind an error of send: 200 for
// none, 0 when there was no answer.
func StatusOf(err error) int {
	if err == nil {
		return http.StatusOK
	}
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		return refused.Status
	}
	return 0
}

// RefusedError is what send answers for a callback that was not answered with 200.
type RefusedError struct{ Status int }

func (e *RefusedError) Error() string { return fmt.Sprintf("the receiver answered %d", e.Status) }
