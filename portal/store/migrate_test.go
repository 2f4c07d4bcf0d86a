package store_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// emptyPostgres makes a database that does not sort bytewise, as most do.
func emptyPostgres(t *testing.T) string {
	t.Helper()
	address := storetest.Database(t)
	admin, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("wpp_migrate_%d", os.Getpid())
	if _, err := admin.Exec(t.Context(), `CREATE DATABASE `+name+` TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec(context.Background(), `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Error(err)
		}
		_ = admin.Close(context.Background())
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// The log of an earlier version stays readable: its rows, bodies and counts.
func TestTheLogSurvivesItsMigration(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			o := store.Options{SecretKey: storetest.SecretKey(), Migrate: true, DataDir: t.TempDir()}
			if engine == "postgres" {
				o.DatabaseURL = emptyPostgres(t)
			}
			var want []string
			var statements []string
			now := time.Now().UTC().Truncate(time.Second)
			for _, age := range []int{0, 10, 31, 60} {
				at := now.AddDate(0, 0, -age)
				id := portal.FirstID(portal.PrefixRequest, at)
				want = append(want, id)
				statements = append(statements,
					fmt.Sprintf(`INSERT INTO requests VALUES ('acc_a', 'test', '%s', %d, 'api', 'POST', '/v1/messages', 'sendMessage', 422, 'window_closed',
						1000, 0, 0, 0, 0, '', '', '', '', '', '', false, '', '', '', '', '')`, id, at.UnixMicro()),
					fmt.Sprintf(`INSERT INTO request_bodies VALUES ('%s', '{}', 'body', '{}', '')`, id),
					fmt.Sprintf(`INSERT INTO request_minutes VALUES ('acc_a', 'test', %d, 'sendMessage', '', 0, 1, 0, 1000)`, at.Truncate(time.Minute).UnixMicro()))
			}
			if err := store.MigrateTo(t.Context(), o, 3, statements...); err != nil {
				t.Fatal(err)
			}
			s, err := store.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			tenant := portal.Tenant{AccountID: "acc_a", Environment: portal.Test}
			rows, _, err := s.Reader(t.Context()).Requests(tenant, portal.RequestFilter{}, portal.Page{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, q := range rows {
				got = append(got, q.ID)
				if whole, err := s.Reader(t.Context()).Request(tenant, q.ID); err != nil || whole.Bodies == nil || whole.Bodies.RequestBody != "body" {
					t.Errorf("%s: %+v, %v", q.ID, whole.Bodies, err)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			use := store.UseFilter{From: now.AddDate(0, 0, -90), To: now.Add(time.Minute), Step: 24 * time.Hour}
			groups, err := s.Reader(t.Context()).RequestErrors(tenant, use)
			if err != nil || len(groups) != 1 || groups[0].Calls != 4 || !groups[0].FirstAt.Equal(now.AddDate(0, 0, -60)) {
				t.Errorf("errors: %+v, %v", groups, err)
			}
			operations, err := s.Reader(t.Context()).RequestOperations(tenant, use)
			if err != nil || len(operations) != 1 || operations[0].Refused != 4 {
				t.Errorf("counts: %+v, %v", operations, err)
			}
		})
	}
}
