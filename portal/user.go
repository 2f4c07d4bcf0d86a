package portal

import "time"

// User is a person who signs in. What the person may do in an account is the role of the Membership.
type User struct {
	ID           string
	Email        string // lower case, unique
	Name         string
	PasswordHash string // argon2id, PHC string
	Staff        bool   // one of the platform's own people: sees every account
	Language     string // "" = by cookie or Accept-Language
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Membership gives a user a role in an account.
type Membership struct {
	AccountID   string
	AccountName string
	UserID      string
	Role        Role
	CreatedAt   time.Time
}

// Session is one signed-in browser.
type Session struct {
	ID         string // ses_…, shown in lists; the cookie's secret is never readable
	UserID     string
	IP         string
	UserAgent  string
	CreatedAt  time.Time
	LastSeenAt time.Time // at most one write a minute
	ExpiresAt  time.Time
}
