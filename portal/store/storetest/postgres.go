package storetest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/pgserver"
)

// template is the migrated, empty database that the tests' databases copy.
const template = "wpp_test_template_"

// Main runs the tests and then stops the server, if one was started.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run is Main for a package that has more to do at the end: it returns the exit code.
func Run(m *testing.M) (code int) {
	shared.stops = true
	code = m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
		code = 1
	}
	return code
}

var shared server

// server is one PostgreSQL server and a connection that creates databases.
type server struct {
	stops bool // Main will call stop

	mu    sync.Mutex // one database is copied at a time
	err   error      // why there is no server
	admin *pgx.Conn
	base  *url.URL
	made  int

	started *pgserver.Server // nil when one was given
}

// Database returns the address of a new, migrated PostgreSQL database, dropped
// when the test ends. The package needs Main.
func Database(t testing.TB) string {
	t.Helper()
	if !shared.stops {
		t.Fatal("storetest needs storetest.Main in the package's TestMain")
	}
	name, err := shared.create()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shared.drop(name); err != nil {
			t.Errorf("drop the database: %v", err)
		}
	})
	return shared.address(name)
}

func (s *server) create() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.admin == nil && s.err == nil {
		s.err = s.begin()
	}
	if s.err != nil {
		return "", s.err
	}
	s.made++
	name := fmt.Sprintf("wpp_test_%d_%d", os.Getpid(), s.made)
	return name, s.run("CREATE DATABASE " + name + " TEMPLATE " + s.template())
}

func (s *server) drop(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run("DROP DATABASE " + name + " WITH (FORCE)")
}

func (s *server) template() string { return template + strconv.Itoa(os.Getpid()) }

func (s *server) run(sql string) error {
	_, err := s.admin.Exec(context.Background(), sql)
	return err
}

func (s *server) address(name string) string {
	u := *s.base
	u.Path = "/" + name
	return u.String()
}

// begin finds or starts a server and makes the template.
func (s *server) begin() error {
	address := os.Getenv(pgserver.Variable)
	if address == "" {
		var err error
		if s.started, err = pgserver.Start("fsync=off", "deadlock_timeout=20ms", "max_connections=300"); err != nil {
			return err
		}
		address = s.started.Address()
	}
	base, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("%s is not a postgres:// address", pgserver.Variable)
	}
	s.base = base
	if s.admin, err = pgx.Connect(context.Background(), address); err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	if err := s.run("CREATE DATABASE " + s.template()); err != nil {
		return err
	}
	first, err := migrated(store.Options{DatabaseURL: s.address(s.template())})
	if err != nil {
		return err
	}
	return first.Close()
}

func migrated(o store.Options) (*store.Store, error) {
	o.Migrate = true
	s, err := store.Open(context.Background(), o)
	if err != nil {
		return nil, fmt.Errorf("migrate the first database: %w", err)
	}
	return s, nil
}

// Query returns the rows of a statement on a PostgreSQL database, its cells as
// text with a | between them. It is for what no door of the program tells.
func Query(t testing.TB, address, statement string) (rows []string) {
	t.Helper()
	c, err := pgx.Connect(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	found, err := c.Query(context.Background(), statement)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	for found.Next() {
		cells, err := found.Values()
		if err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		texts := make([]string, len(cells))
		for i, cell := range cells {
			texts[i] = fmt.Sprint(cell)
		}
		rows = append(rows, strings.Join(texts, "|"))
	}
	if err := found.Err(); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return rows
}

func (s *server) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	if s.admin != nil {
		if s.err == nil {
			errs = append(errs, s.run("DROP DATABASE "+s.template()+" WITH (FORCE)"))
		}
		errs = append(errs, s.admin.Close(context.Background()))
	}
	if s.started != nil {
		errs = append(errs, s.started.Stop())
	}
	return errors.Join(errs...)
}
