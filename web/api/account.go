package api

import (
	"context"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
)

// Account is who calls, on the wire.
type Account struct {
	ID          string        `json:"id"`
	Name        string        `json:"name"`
	Status      string        `json:"status" enum:"active,suspended"`
	Plan        string        `json:"plan" doc:"standard or unlimited."`
	Environment string        `json:"environment" enum:"test,live" doc:"From the token, never from input."`
	Language    string        `json:"language" doc:"Language of the texts without Accept-Language."`
	Timezone    string        `json:"timezone" doc:"IANA zone."`
	Country     string        `json:"country" doc:"Numbers without a country code are read in it."`
	CreatedAt   string        `json:"created_at" format:"date-time"`
	Token       *AccountToken `json:"token" doc:"The token of this call; null in the API reference."`
}

// AccountToken is the token of the call.
type AccountToken struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Scopes     []string `json:"scopes"`
	ExpiresAt  *string  `json:"expires_at" format:"date-time" doc:"Null: never."`
	RateLimit  *int     `json:"rate_limit" doc:"Requests per second; null = no limit."`
	AllowedIPs []string `json:"allowed_ips" doc:"Addresses and CIDRs; empty = any."`
}

// Module is a part of the product, on the wire.
type Module struct {
	Name          string   `json:"name" doc:"messages, contacts, support; new ones may appear."`
	Active        bool     `json:"active"`
	Title         string   `json:"title" doc:"The name in the caller's language."`
	Description   string   `json:"description" doc:"What it is for, in the caller's language."`
	Reason        *string  `json:"reason" doc:"Why it is inactive: plan or staff."`
	Scopes        []string `json:"scopes"`
	Operations    []string `json:"operations" doc:"The operationIds that it brings."`
	UsedThisMonth int64    `json:"used_this_month"`
}

func (a *API) registerAccount(h huma.API) {
	mount(h, "getAccount", a.getAccount)
	mount(h, "listModules", a.listModules)
	mount(h, "getConfiguration", a.getConfiguration)
}

func (a *API) getAccount(_ context.Context, c *call, _ *struct{}) (reply, error) {
	acc, tok := c.caller.Account, c.caller.Token
	w := Account{
		ID: acc.ID, Name: acc.Name, Status: acc.Status, Plan: string(acc.Plan), Environment: string(c.caller.Environment),
		Language: acc.Language, Timezone: acc.Timezone, Country: acc.Country, CreatedAt: portal.FormatTime(acc.CreatedAt),
	}
	if tok.ID != "" {
		w.Token = &AccountToken{ID: tok.ID, Name: tok.Name, Scopes: tok.Scopes, ExpiresAt: moment(tok.ExpiresAt), AllowedIPs: tok.AllowedIPs, RateLimit: c.rate()}
	}
	return reply{body: w, tag: true}, nil
}

func (a *API) listModules(ctx context.Context, c *call, in *PageQuery) (reply, error) {
	page, err := in.page("modules")
	if err != nil {
		return reply{}, err
	}
	rows, err := a.Accounts.Modules(ctx, c.caller.AccountID)
	if err != nil {
		return reply{}, err
	}
	rows, next := cut(rows, page, func(m portal.AccountModule) string { return m.Name })
	return listed(c, "modules", next, each(rows, func(m portal.AccountModule) Module { return moduleOf(m, c.lang) })), nil
}

func moduleOf(m portal.AccountModule, lang string) Module {
	return Module{
		Name: m.Name, Active: m.Active, Title: m.Title.In(lang), Description: m.Description.In(lang), Reason: text(m.Reason),
		Scopes: m.Scopes, Operations: operationsOf(m.Name), UsedThisMonth: m.UsedThisMonth,
	}
}

func operationsOf(module string) []string {
	ids := []string{}
	for _, op := range operations {
		if op.Module == module {
			ids = append(ids, op.ID)
		}
	}
	return ids
}

// cut takes a page out of rows that are all in memory. The key of a row that is
// no longer there starts anew.
func cut[T any](rows []T, p portal.Page, key func(T) string) (page []T, next string) {
	start := slices.IndexFunc(rows, func(r T) bool { return key(r) == p.After }) + 1
	rows = rows[start:]
	if len(rows) <= p.Limit {
		return rows, ""
	}
	rows = rows[:p.Limit]
	return rows, key(rows[p.Limit-1])
}
