package main

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/web/dashboard"
)

// Who may open a route of the portal, said here once more: a change of the
// program's own table must be meant.
const (
	anybody  = "anybody"
	signedIn = "signed in"
	members  = "members" // of the account that the URL or the form names
	rowOwner = "row"     // members of the account that the row belongs to
	platform = "staff"
)

// portalRoute is what a route answers to whom.
type portalRoute struct {
	who  string
	may  portal.Permission // "" = any role
	path string            // with the world's ids
	form string            // of a POST that works
}

// portalRoutes has a row for each route; TestPortalRoutes fails when one is missing.
var portalRoutes = map[string]portalRoute{
	"GET /{$}":                   {who: anybody, path: "/"},
	"GET /login":                 {who: anybody, path: "/login"},
	"POST /login":                {who: anybody, path: "/login", form: "email=nobody@loja.example&password=wrong"},
	"POST /logout":               {who: signedIn, path: "/logout"},
	"GET /setup/{code}":          {who: anybody, path: "/setup/{token}"}, // there are users: every link is dead
	"POST /setup/{code}":         {who: anybody, path: "/setup/{token}"},
	"POST /preferences/language": {who: anybody, path: "/preferences/language", form: "value=pt-BR&back=/"},
	"POST /preferences/theme":    {who: anybody, path: "/preferences/theme", form: "value=dark&back=/"},
	"GET /jump":                  {who: members, path: "/jump"},

	"GET /overview":            {who: members, path: "/overview"},
	"GET /get-started":         {who: members, path: "/get-started"},
	"POST /get-started":        {who: members, may: portal.WriteTokens, path: "/get-started", form: "name=First"},
	"POST /get-started/number": {who: members, may: portal.ManageAccount, path: "/get-started/number", form: "tester=%2B5511987654322"},

	"GET /tokens":              {who: members, may: portal.ReadTokens, path: "/tokens"},
	"POST /tokens":             {who: members, may: portal.WriteTokens, path: "/tokens", form: "name=Loja&scope=messages:send&expiry=30&nonce=matrix"},
	"POST /tokens/revoke":      {who: members, may: portal.WriteTokens, path: "/tokens/revoke", form: "id={spare}"},
	"GET /tokens/new":          {who: members, may: portal.WriteTokens, path: "/tokens/new"},
	"GET /tokens/new/summary":  {who: members, may: portal.WriteTokens, path: "/tokens/new/summary"},
	"GET /tokens/{id}":         {who: rowOwner, may: portal.ReadTokens, path: "/tokens/{token}"},
	"POST /tokens/{id}":        {who: rowOwner, may: portal.WriteTokens, path: "/tokens/{token}", form: "name=ERP&scope=*&expiry=keep"},
	"GET /tokens/{id}/revoke":  {who: rowOwner, may: portal.WriteTokens, path: "/tokens/{token}/revoke"},
	"POST /tokens/{id}/revoke": {who: rowOwner, may: portal.WriteTokens, path: "/tokens/{token}/revoke", form: "confirm=wrong"},
	"GET /tokens/{id}/rotate":  {who: rowOwner, may: portal.WriteTokens, path: "/tokens/{token}/rotate"},
	"POST /tokens/{id}/rotate": {who: rowOwner, may: portal.WriteTokens, path: "/tokens/{token}/rotate", form: "overlap=1h&nonce=matrix2"},
	"GET /tokens/{id}/use":     {who: rowOwner, may: portal.ReadTokens, path: "/tokens/{token}/use"},

	"GET /security":                         {who: signedIn, path: "/security"},
	"POST /security/password":               {who: signedIn, path: "/security/password", form: "current=wrong&password=another+long+one"},
	"POST /security/sessions/end-others":    {who: signedIn, path: "/security/sessions/end-others"},
	"POST /security/sessions/{session}/end": {who: signedIn, path: "/security/sessions/ses_x/end"},
	"GET /account":                          {who: signedIn, path: "/account"},
	"POST /account":                         {who: members, may: portal.ManageAccount, path: "/account", form: "name=Loja&language=en&timezone=UTC"},

	"GET /messages":                {who: members, may: portal.ReadMessages, path: "/messages"},
	"POST /messages":               {who: members, may: portal.WriteMessages, path: "/messages", form: "to=%2B5511900000001&type=text&text=Oi&nonce=matrix3"},
	"GET /messages/new":            {who: members, may: portal.WriteMessages, path: "/messages/new"},
	"GET /messages/new/parameters": {who: members, may: portal.WriteMessages, path: "/messages/new/parameters?template=order_update/pt_BR"},
	"POST /messages/validate":      {who: members, may: portal.WriteMessages, path: "/messages/validate", form: "to=%2B5511900000001&type=text&text=Oi"},
	"GET /messages/{id}":           {who: rowOwner, may: portal.ReadMessages, path: "/messages/{message}"},
	"POST /messages/{id}/cancel":   {who: rowOwner, may: portal.WriteMessages, path: "/messages/{scheduled}/cancel"},
	"POST /messages/{id}/reveal":   {who: rowOwner, may: portal.RevealNumbers, path: "/messages/{message}/reveal"},

	"GET /media/{id}": {who: rowOwner, may: portal.WriteMessages, path: "/media/{media}"},

	"GET /contacts":               {who: members, may: portal.ReadMessages, path: "/contacts"},
	"GET /contacts/{id}":          {who: rowOwner, may: portal.ReadMessages, path: "/contacts/{contact}"},
	"POST /contacts/{id}":         {who: rowOwner, may: portal.WriteMessages, path: "/contacts/{contact}", form: "name=Ana&email=&tags=vip"},
	"POST /contacts":              {who: members, may: portal.WriteMessages, path: "/contacts", form: "phone=%2B5531977776666&name=Nova"},
	"GET /contacts/new":           {who: members, may: portal.WriteMessages, path: "/contacts/new"},
	"POST /contacts/{id}/consent": {who: rowOwner, may: portal.WriteMessages, path: "/contacts/{client}/consent", form: "wants=all&source=balcao"},

	"GET /contacts/import":              {who: members, may: portal.WriteMessages, path: "/contacts/import"},
	"POST /contacts/import":             {who: members, may: portal.WriteMessages, path: "/contacts/import"},
	"GET /contacts/import/{id}":         {who: rowOwner, may: portal.WriteMessages, path: "/contacts/import/{checked}"},
	"GET /contacts/import/{id}/errors":  {who: rowOwner, may: portal.WriteMessages, path: "/contacts/import/{imported}/errors"},
	"POST /contacts/import/{id}/cancel": {who: rowOwner, may: portal.WriteMessages, path: "/contacts/import/{imported}/cancel"},
	"POST /contacts/import/{id}/check":  {who: rowOwner, may: portal.WriteMessages, path: "/contacts/import/{checked}/check", form: "c0=name&c1=name"},
	"POST /contacts/import/{id}/start":  {who: rowOwner, may: portal.WriteMessages, path: "/contacts/import/{imported}/start"},
	"POST /contacts/{id}/export":        {who: rowOwner, may: portal.RevealNumbers, path: "/contacts/{contact}/export"},
	"POST /contacts/{id}/erase":         {who: rowOwner, may: portal.WriteMessages, path: "/contacts/{contact}/erase", form: "confirm=wrong"},
	"POST /contacts/{id}/reveal":        {who: rowOwner, may: portal.RevealNumbers, path: "/contacts/{contact}/reveal"},

	"GET /conversations":               {who: members, may: portal.ReadConversations, path: "/conversations"},
	"GET /conversations/{id}":          {who: rowOwner, may: portal.ReadConversations, path: "/conversations/{waiting}"},
	"POST /conversations/{id}/assign":  {who: rowOwner, may: portal.WriteConversations, path: "/conversations/{waiting}/assign", form: "member=usr_x"},
	"POST /conversations/{id}/return":  {who: rowOwner, may: portal.WriteConversations, path: "/conversations/{waiting}/return"},
	"POST /conversations/{id}/say":     {who: rowOwner, may: portal.WriteConversations, path: "/conversations/{waiting}/say", form: "kind=note&text=Nota"},
	"POST /conversations/{id}/take":    {who: rowOwner, may: portal.WriteConversations, path: "/conversations/{waiting}/take"},
	"POST /conversations/{id}/reveal":  {who: rowOwner, may: portal.RevealNumbers, path: "/conversations/{waiting}/reveal"},
	"POST /conversations/{id}/resolve": {who: rowOwner, may: portal.WriteConversations, path: "/conversations/{waiting}/resolve", form: "outcome=solved"},

	"GET /webhooks":                                    {who: members, may: portal.ReadTokens, path: "/webhooks"},
	"POST /webhooks":                                   {who: members, may: portal.WriteTokens, path: "/webhooks", form: "url=https://erp.loja.example/&event=*&nonce=matrix3"},
	"GET /webhooks/events":                             {who: members, may: portal.ReadTokens, path: "/webhooks/events"},
	"GET /webhooks/new":                                {who: members, may: portal.WriteTokens, path: "/webhooks/new"},
	"POST /webhooks/try":                               {who: members, may: portal.WriteTokens, path: "/webhooks/try", form: "url=http://127.0.0.1:1/"},
	"GET /webhooks/{id}":                               {who: rowOwner, may: portal.ReadTokens, path: "/webhooks/{endpoint}"},
	"POST /webhooks/{id}":                              {who: rowOwner, may: portal.WriteTokens, path: "/webhooks/{endpoint}", form: "url=http://127.0.0.1:1/&event=token.expiring"},
	"POST /webhooks/{id}/delete":                       {who: rowOwner, may: portal.WriteTokens, path: "/webhooks/{endpoint}/delete", form: "confirm=wrong"},
	"GET /webhooks/{id}/deliveries/{delivery}":         {who: rowOwner, may: portal.ReadTokens, path: "/webhooks/{endpoint}/deliveries/{delivery}"},
	"POST /webhooks/{id}/deliveries/{delivery}/resend": {who: rowOwner, may: portal.WriteTokens, path: "/webhooks/{endpoint}/deliveries/{delivery}/resend"},
	"POST /webhooks/{id}/disable":                      {who: rowOwner, may: portal.WriteTokens, path: "/webhooks/{endpoint}/disable"},
	"GET /webhooks/{id}/edit":                          {who: rowOwner, may: portal.WriteTokens, path: "/webhooks/{endpoint}/edit"},
	"POST /webhooks/{id}/enable":                       {who: rowOwner, may: portal.WriteTokens, path: "/webhooks/{endpoint}/enable"},
	"POST /webhooks/{id}/replay":                       {who: rowOwner, may: portal.WriteTokens, path: "/webhooks/{endpoint}/replay", form: "from=2026-01-01T10:00"},
	"GET /webhooks/{id}/rotate":                        {who: rowOwner, may: portal.WriteTokens, path: "/webhooks/{endpoint}/rotate"},
	"POST /webhooks/{id}/rotate":                       {who: rowOwner, may: portal.WriteTokens, path: "/webhooks/{endpoint}/rotate", form: "overlap=1h&nonce=matrix4"},
	"POST /webhooks/{id}/test":                         {who: rowOwner, may: portal.WriteTokens, path: "/webhooks/{endpoint}/test"},

	"GET /channels":                {who: members, may: portal.ReadChannels, path: "/channels"},
	"POST /channels":               {who: members, may: portal.WriteChannels, path: "/channels", form: "name=Second"},
	"GET /channels/new":            {who: members, may: portal.WriteChannels, path: "/channels/new"},
	"GET /channels/{id}":           {who: rowOwner, may: portal.ReadChannels, path: "/channels/{cloud}"},
	"POST /channels/{id}":          {who: rowOwner, may: portal.WriteChannels, path: "/channels/{channel}", form: "name=Main"},
	"GET /channels/{id}/callback":  {who: rowOwner, may: portal.ReadChannels, path: "/channels/{cloud}/callback"},
	"POST /channels/{id}/callback": {who: rowOwner, may: portal.WriteChannels, path: "/channels/{cloud}/callback"},
	"POST /channels/{id}/check":    {who: rowOwner, may: portal.WriteChannels, path: "/channels/{cloud}/check"},
	"POST /channels/{id}/code":     {who: rowOwner, may: portal.WriteChannels, path: "/channels/{cloud}/code", form: "method=SMS"},
	"POST /channels/{id}/default":  {who: rowOwner, may: portal.WriteChannels, path: "/channels/{channel}/default"},
	"POST /channels/{id}/login":    {who: rowOwner, may: portal.WriteChannels, path: "/channels/{channel}/login"},
	"POST /channels/{id}/pause":    {who: rowOwner, may: portal.WriteChannels, path: "/channels/{channel}/pause"},
	"POST /channels/{id}/register": {who: rowOwner, may: portal.WriteChannels, path: "/channels/{cloud}/register", form: "pin=123456"},
	"POST /channels/{id}/remove":   {who: rowOwner, may: portal.WriteChannels, path: "/channels/{channel}/remove", form: "confirm=wrong"},
	"POST /channels/{id}/resume":   {who: rowOwner, may: portal.WriteChannels, path: "/channels/{channel}/resume"},
	"POST /channels/{id}/secret":   {who: rowOwner, may: portal.WriteChannels, path: "/channels/{cloud}/secret", form: "app_secret=0123456789abcdef0123456789abcdef"},
	"POST /channels/{id}/token":    {who: rowOwner, may: portal.WriteChannels, path: "/channels/{cloud}/token", form: "token=EAAmatrixmatrixmatrixmatrix"},
	"POST /channels/{id}/verify":   {who: rowOwner, may: portal.WriteChannels, path: "/channels/{cloud}/verify", form: "code=123456"},

	"GET /events":              {who: members, may: portal.ReadMessages, path: "/events"},
	"GET /events/types":        {who: members, may: portal.ReadMessages, path: "/events/types"},
	"GET /events/{id}":         {who: rowOwner, may: portal.ReadMessages, path: "/events/{event}"},
	"POST /events/{id}/reveal": {who: rowOwner, may: portal.RevealNumbers, path: "/events/{event}/reveal"},

	"GET /automations":                 {who: members, may: portal.ReadTokens, path: "/automations"},
	"POST /automations":                {who: members, may: portal.WriteTokens, path: "/automations", form: "name=Matrix&trigger=order.created"},
	"GET /automations/new":             {who: members, may: portal.WriteTokens, path: "/automations/new"},
	"POST /automations/quiet-hours":    {who: members, may: portal.WriteTokens, path: "/automations/quiet-hours", form: "from=20:00&to=08:00"},
	"GET /automations/{id}":            {who: rowOwner, may: portal.ReadTokens, path: "/automations/{automation}"},
	"POST /automations/{id}":           {who: rowOwner, may: portal.WriteTokens, path: "/automations/{automation}", form: "do=save&name=Pedido&trigger=order.created&delay=0&unit=minutes"},
	"POST /automations/{id}/delete":    {who: rowOwner, may: portal.WriteTokens, path: "/automations/{automation}/delete", form: "confirm=wrong"},
	"POST /automations/{id}/discard":   {who: rowOwner, may: portal.WriteTokens, path: "/automations/{automation}/discard"},
	"POST /automations/{id}/preview":   {who: rowOwner, may: portal.WriteTokens, path: "/automations/{automation}/preview", form: "trigger=order.created"},
	"POST /automations/{id}/restore":   {who: rowOwner, may: portal.WriteTokens, path: "/automations/{automation}/restore", form: "version=1"},
	"GET /automations/{id}/runs":       {who: rowOwner, may: portal.ReadTokens, path: "/automations/{automation}/runs"},
	"POST /automations/{id}/switch":    {who: rowOwner, may: portal.WriteTokens, path: "/automations/{automation}/switch", form: "on=1"},
	"POST /automations/{id}/templates": {who: rowOwner, may: portal.WriteTokens, path: "/automations/{preset}/templates"},
	"GET /automations/{id}/try":        {who: rowOwner, may: portal.ReadTokens, path: "/automations/{automation}/try"},

	"GET /simulator":             {who: members, may: portal.WriteMessages, path: "/simulator"},
	"GET /simulator/live":        {who: members, may: portal.WriteMessages, path: "/simulator/live"},
	"POST /simulator/answer":     {who: members, may: portal.WriteMessages, path: "/simulator/answer", form: "quick=Sim"},
	"POST /simulator/callbacks":  {who: members, may: portal.WriteMessages, path: "/simulator/callbacks", form: "delivery=none"},
	"POST /simulator/chaos":      {who: members, may: portal.WriteMessages, path: "/simulator/chaos", form: "duplicates=on"},
	"POST /simulator/clock":      {who: members, may: portal.WriteMessages, path: "/simulator/clock", form: "add=close"},
	"POST /simulator/login":      {who: members, may: portal.WriteMessages, path: "/simulator/login"},
	"POST /simulator/person":     {who: members, may: portal.WriteMessages, path: "/simulator/person", form: "unread_person=on"},
	"POST /simulator/rules":      {who: members, may: portal.WriteMessages, path: "/simulator/rules", form: "target=&trigger=next+1&effect=131000"},
	"POST /simulator/rules/drop": {who: members, may: portal.WriteMessages, path: "/simulator/rules/drop", form: "rule=none"},

	"GET /templates":                           {who: members, may: portal.ReadMessages, path: "/templates"},
	"POST /templates":                          {who: members, may: portal.WriteMessages, path: "/templates", form: "name=wait_matrix&language=pt_BR&category=utility&body=Ol%C3%A1"},
	"GET /templates/new":                       {who: members, may: portal.WriteMessages, path: "/templates/new"},
	"GET /templates/preview":                   {who: members, may: portal.WriteMessages, path: "/templates/preview?body=Oi"},
	"POST /templates/sync":                     {who: members, may: portal.WriteMessages, path: "/templates/sync"},
	"GET /templates/{name}/{language}":         {who: members, may: portal.ReadMessages, path: "/templates/order_update/pt_BR"},
	"POST /templates/{name}/{language}":        {who: members, may: portal.WriteMessages, path: "/templates/order_update/pt_BR", form: "body=Oi"},
	"GET /templates/{name}/{language}/delete":  {who: members, may: portal.WriteMessages, path: "/templates/hello_world/en_US/delete"},
	"POST /templates/{name}/{language}/delete": {who: members, may: portal.WriteMessages, path: "/templates/order_update/en_US/delete"},
	"GET /templates/{name}/{language}/edit":    {who: members, may: portal.WriteMessages, path: "/templates/hello_world/pt_BR/edit"},

	"GET /modules": {who: members, path: "/modules"},

	"GET /admin/accounts":                        {who: platform, path: "/admin/accounts"},
	"POST /admin/accounts":                       {who: platform, path: "/admin/accounts", form: "name=Nova&email=nova@loja.example&password=correct+horse+battery&plan=standard"},
	"GET /admin/accounts/new":                    {who: platform, path: "/admin/accounts/new"},
	"GET /admin/accounts/{id}":                   {who: platform, path: "/admin/accounts/{elsewhere}"},
	"POST /admin/accounts/{id}/modules/{module}": {who: platform, path: "/admin/accounts/{elsewhere}/modules/support", form: "active=off"},
	"POST /admin/accounts/{id}/open":             {who: platform, path: "/admin/accounts/{elsewhere}/open"},
	"POST /admin/accounts/{id}/plan":             {who: platform, path: "/admin/accounts/{elsewhere}/plan", form: "plan=unlimited"},
	"POST /admin/accounts/{id}/status":           {who: platform, path: "/admin/accounts/{elsewhere}/status", form: "status=suspended"},
	"GET /admin/health":                          {who: platform, path: "/admin/health"},

	"GET /docs":                             {who: anybody, path: "/docs"},
	"GET /docs/{guide}":                     {who: anybody, path: "/docs/errors"},
	"GET /docs/api/{document}":              {who: anybody, path: "/docs/api/developer"},
	"POST /docs/api/{document}/console":     {who: members, path: "/docs/api/developer/console", form: "scope=messages:send"},
	"POST /docs/api/{document}/console/end": {who: members, path: "/docs/api/developer/console/end"},

	"GET /logs":        {who: members, may: portal.ReadLogs, path: "/logs"},
	"GET /logs/live":   {who: members, may: portal.ReadLogs, path: "/logs/live"},
	"GET /logs/first":  {who: members, may: portal.ReadLogs, path: "/logs/first"},
	"GET /logs/export": {who: members, may: portal.ReadLogs, path: "/logs/export?format=csv"},
	"GET /logs/{id}":   {who: rowOwner, may: portal.ReadLogs, path: "/logs/{request}"},
}

// patterns returns the program's own table of routes.
func patterns() []string {
	var all []string
	for _, rt := range dashboard.New(dashboard.Options{}).Routes() {
		all = append(all, rt.Pattern)
	}
	return all
}

var everyRole = []portal.Role{portal.RoleOwner, portal.RoleAdmin, portal.RoleDeveloper, portal.RoleAgent, portal.RoleAuditor}

// caller is one column of the matrix.
type caller struct {
	name string
	role portal.Role // "" = no member of the account
	*visitor
}

// TestPortalRoutes asks for every route as everybody. What a caller may not
// open answers as if it did not exist and changes nothing; what the caller may
// open is there.
func TestPortalRoutes(t *testing.T) {
	t.Parallel()
	all := patterns()
	for _, pattern := range all {
		if _, ok := portalRoutes[pattern]; !ok {
			t.Errorf("%s has no row in portalRoutes", pattern)
		}
	}
	for pattern := range portalRoutes {
		if !slices.Contains(all, pattern) {
			t.Errorf("%s is no route any more", pattern)
		}
	}
	if t.Failed() {
		return
	}
	w := newWorld(t)
	staff := caller{"staff", "", w.staff()}
	refused := []caller{{"signed out", "", w.visitor()}, {"stranger", "", w.signIn(w.stranger, password)}}
	var people []caller
	for _, role := range everyRole {
		people = append(people, caller{string(role), role, w.as(role)})
	}
	before := w.dump()
	for _, pattern := range slices.Sorted(maps.Keys(portalRoutes)) {
		for _, c := range append(refused, people...) {
			if !portalRoutes[pattern].opens(c) {
				w.refuses(pattern, c)
			}
		}
	}
	w.same(before, "refused calls")
	for _, pattern := range slices.SortedFunc(maps.Keys(portalRoutes), lastEnds) {
		for _, c := range append(people, staff) {
			if portalRoutes[pattern].opens(c) && tries(pattern, c) {
				w.allows(pattern, c)
			}
		}
	}
}

// lastEnds puts what signs its caller out at the end.
func lastEnds(a, b string) int {
	ends := map[string]int{"POST /security/sessions/end-others": 1, "POST /logout": 2}
	if d := ends[a] - ends[b]; d != 0 {
		return d
	}
	return strings.Compare(a, b)
}

// tries reports whether what the caller may do is done: one person is enough to write.
func tries(pattern string, c caller) bool {
	writer := c.role == portal.RoleOwner
	if portalRoutes[pattern].who == platform {
		writer = c.name == "staff"
	}
	return writer || strings.HasPrefix(pattern, "GET ")
}

// opens reports whether the caller may open the route. Staff read every account as auditors do.
func (r portalRoute) opens(c caller) bool {
	role := c.role
	switch {
	case c.name == "staff":
		role = portal.RoleAuditor
	case r.who == anybody:
		return true
	case c.name == "signed out":
		return false
	case r.who == signedIn:
		return true
	case role == "" || r.who == platform:
		return false
	}
	return r.may == "" || role.May(r.may)
}

// ask sends the route's request as the caller, about the world's account.
func (w *world) ask(pattern string, c caller) reply {
	w.Helper()
	method, _, _ := strings.Cut(pattern, " ")
	row := portalRoutes[pattern]
	scope := url.Values{"env": {"test"}, "account": {w.account}}
	path, query, _ := strings.Cut(w.fill(row.path), "?")
	if method == http.MethodGet {
		return c.get(path + "?" + query + "&" + scope.Encode())
	}
	form := w.values(row.form)
	maps.Copy(form, scope)
	return c.post(path, form)
}

// refuses expects the sign-in page for the signed out, and 404 for everybody else.
func (w *world) refuses(pattern string, c caller) {
	w.Helper()
	got := w.ask(pattern, c)
	if c.name == "signed out" {
		if got.status != http.StatusSeeOther || !strings.HasPrefix(got.header.Get("Location"), "/login?next=") {
			w.Errorf("%s as %s: %d %s", pattern, c.name, got.status, got.header.Get("Location"))
		}
		return
	}
	if got.status != http.StatusNotFound {
		w.Errorf("%s as %s: %d, want 404", pattern, c.name, got.status)
	}
}

// allows expects anything but a refusal; a dead set-up link is one by design.
func (w *world) allows(pattern string, c caller) {
	w.Helper()
	got := w.ask(pattern, c)
	dead := strings.Contains(pattern, "/setup/")
	if dead != (got.status == http.StatusNotFound) || got.status >= http.StatusInternalServerError ||
		got.status == http.StatusForbidden || strings.HasPrefix(got.header.Get("Location"), "/login?next=") {
		w.Errorf("%s as %s: %d %s", pattern, c.name, got.status, got.header.Get("Location"))
	}
}
