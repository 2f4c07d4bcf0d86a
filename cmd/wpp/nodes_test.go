package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// cluster is one PostgreSQL database that several nodes serve.
type cluster struct {
	testing.TB
	address string
}

func newCluster(t testing.TB) *cluster {
	t.Helper()
	return &cluster{t, storetest.Database(t)}
}

// clusterKey is the secret key of every node.
func clusterKey() string { return base64.StdEncoding.EncodeToString(storetest.SecretKey()) }

// node starts a node in a process of its own.
func (c *cluster) node() *server {
	c.Helper()
	return startChanged(c.TB, c.TempDir(), func(cmd *exec.Cmd) {
		cmd.Env = append(cmd.Env, "WPP_DATABASE_URL="+c.address, "WPP_SECRET_KEY="+clusterKey())
	})
}

// ok runs a command line on the database and returns the JSON it prints.
func (c *cluster) ok(stdin string, args ...string) map[string]string {
	c.Helper()
	return commands{c.TB, c.TempDir()}.ok(stdin, append(args, "--database-url", c.address, "--secret-key", clusterKey())...)
}

// newAccount makes an account without limits, and returns its id.
func (c *cluster) newAccount() string {
	c.Helper()
	return c.ok(password, "account", "create", "--name", "Load", "--email", "load@loja.example", "--password-stdin", "--plan", "unlimited")["account_id"]
}

// newToken makes a token for the test environment.
func (c *cluster) newToken(account string, scopes ...string) (id, secret string) {
	c.Helper()
	made := c.ok("", "token", "create", "--account", account, "--name", "Load", "--environment", "test", "--scopes", strings.Join(scopes, ","))
	return made["id"], made["token"]
}

func (c *cluster) query(statement string) []string {
	c.Helper()
	return storetest.Query(c.TB, c.address, statement)
}

func (c *cluster) count(statement string) int {
	c.Helper()
	n, err := strconv.Atoi(c.query(statement)[0])
	if err != nil {
		c.Fatal(err)
	}
	return n
}

// store opens the cluster's database in this process, as one more node.
func (c *cluster) store() *store.Store {
	c.Helper()
	return storetest.Node(c.TB, c.address)
}

// waiting is the work that is due, whoever has it.
const waiting = `SELECT (SELECT count(*) FROM messages WHERE due_at <= extract(epoch FROM now()) * 1000000)
  + (SELECT count(*) FROM simulator_callbacks WHERE due_at <= extract(epoch FROM now()) * 1000000)`

// TestNodeKilled kills one of two nodes under load: what was acknowledged by
// either is there, nothing was sent twice, and within a minute the other node
// has finished the work that the dead one held.
func TestNodeKilled(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	a, b := c.node(), c.node()
	_, token := c.newToken(c.newAccount(), "messages:send")
	ctx, cancel := context.WithCancel(t.Context())
	var loads []*load
	var running sync.WaitGroup
	for _, node := range []*server{a, b} {
		l := &load{url: node.url, token: token, ids: map[string]bool{}}
		loads = append(loads, l)
		running.Go(func() { l.run(ctx, 8) })
	}
	eventually(t, "messages under way on both", func() bool { return loads[0].acknowledged() >= 200 && loads[1].acknowledged() >= 200 })
	a.killed()
	died, before := time.Now(), loads[1].acknowledged()
	eventually(t, "the other node goes on", func() bool { return loads[1].acknowledged() >= before+100 })
	cancel()
	running.Wait()
	c.takenOver(died)

	kept := map[string]bool{}
	for _, id := range c.query(acceptedMessages) {
		kept[id] = true
	}
	for _, l := range loads {
		for id := range l.ids {
			if !kept[id] {
				t.Errorf("%s was acknowledged and is gone, or has no row of the log", id)
			}
		}
	}
	if len(loads[1].faults) > 0 {
		t.Errorf("the node that lived refused %d calls, such as %q", len(loads[1].faults), loads[1].faults[0])
	}
	if twice := c.query(`SELECT message_id FROM attempts GROUP BY message_id HAVING count(*) > 1`); len(twice) > 0 {
		t.Errorf("tried twice: %v", twice)
	}
	t.Logf("%d and %d acknowledged, %d kept: %v", loads[0].acknowledged(), loads[1].acknowledged(), len(kept),
		c.query(`SELECT status, count(*) FROM messages GROUP BY status ORDER BY status`))
}

// takenOver waits until no work is due any more. The long form waits for the
// leases of the dead node; the short one lets them age by itself, once the node
// that lives has nothing in hand.
func (c *cluster) takenOver(died time.Time) {
	c.Helper()
	promise := promised(time.Minute)
	if !soak() {
		last, same := -1, 0
		eventually(c, "only the dead node's work is left", func() bool {
			n := c.count(waiting)
			if n != last {
				last, same = n, 0
			}
			same++
			return same > 20
		})
		c.Logf("%d rows were left by the dead node", last)
		for _, table := range []string{"messages", "simulator_callbacks"} {
			c.query(`UPDATE ` + table + ` SET lease_until = lease_until - 60 * 1000000 WHERE lease_until IS NOT NULL`)
		}
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for c.count(waiting) > 0 {
		<-tick.C
		if time.Since(died) > promise {
			c.Fatalf("after %s work is still waiting: %v", promise, c.query(`SELECT id, status, due_at, lease_until FROM messages WHERE due_at <= extract(epoch FROM now()) * 1000000`))
		}
	}
	c.Logf("taken over %s after the death", time.Since(died))
}

// TestChoresAreDoneByOneNode has two nodes that start together.
func TestChoresAreDoneByOneNode(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	var nodes [2]*server
	var starting sync.WaitGroup
	for i := range nodes {
		starting.Go(func() { nodes[i] = c.node() })
	}
	starting.Wait()
	// Those of channels find nothing to do and are not taken.
	const wanted = `FROM chores WHERE id NOT IN ('channels', 'channel-health')`
	names := c.query(`SELECT id ` + wanted)
	done := func(name string) int {
		line := fmt.Sprintf(`"msg":"chore done","chore":%q`, name)
		return strings.Count(nodes[0].log.String(), line) + strings.Count(nodes[1].log.String(), line)
	}
	eventually(t, "all chores done", func() bool {
		names = c.query(`SELECT id ` + wanted)
		return len(names) > 0 && c.count(`SELECT count(*) `+wanted+` AND due_at <= extract(epoch FROM now()) * 1000000`) == 0
	})
	for _, name := range names {
		eventually(t, name+" done", func() bool { return done(name) > 0 })
		if n := done(name); n != 1 {
			t.Errorf("%s was done %d times", name, n)
		}
	}
	for _, node := range nodes {
		if r := node.call("", http.MethodGet, "/readyz", ""); r.status != http.StatusOK {
			t.Errorf("readyz: %d", r.status)
		}
	}
}
