package api

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

func BenchmarkGetAccount(b *testing.B) { benchmark(b, get("/v1/account"), 200) }

func BenchmarkSendMessage(b *testing.B) { benchmark(b, post("/v1/messages", oneText), 202) }

func benchmark(b *testing.B, q ask, status int) {
	w := newWorld(b)
	w.logging()
	token := w.token(w.account(portal.PlanUnlimited), portal.Test)
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r := httptest.NewRequest(q.method, q.path, strings.NewReader(q.body))
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", "application/json")
			rec := httptest.NewRecorder()
			w.ServeHTTP(rec, r)
			if rec.Code != status {
				b.Errorf("%d %s", rec.Code, rec.Body)
			}
		}
	})
}
