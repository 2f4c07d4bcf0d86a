package storetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/wppmarketing/developers/portal/store"
)

// variable holds the address of a PostgreSQL server whose user may create
// databases. Without it a server is started from Debian's binaries.
const variable = "WPP_TEST_POSTGRES"

const howToInstall = "PostgreSQL is needed for the tests: `apt-get install postgresql`, or set " + variable +
	" to the address of a server where databases may be created"

// template is the migrated, empty database that the tests' databases copy.
const template = "wpp_test_template_"

// Main runs the tests and then stops the server, if one was started.
func Main(m *testing.M) {
	shared.stops = true
	code := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
		code = 1
	}
	os.Exit(code)
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

	process *exec.Cmd
	hold    io.Closer // the server runs until this is closed
}

// database returns the address of a new database, dropped when the test ends.
func database(t testing.TB) string {
	t.Helper()
	if !shared.stops {
		t.Fatal("storetest.Engines needs storetest.Main in the package's TestMain")
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
	address := os.Getenv(variable)
	if address == "" {
		started, err := s.start()
		if err != nil {
			return err
		}
		address = started
	}
	base, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("%s is not a postgres:// address", variable)
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

// script starts a server in $1 with the binaries in $2, says "ready", and
// stops it when its input ends: however the test process ends, the server and
// its files go with it.
const script = `
"$2/initdb" -D "$1/data" -A trust -U postgres -E UTF8 --locale=C --no-sync >"$1/log" 2>&1 &&
"$2/pg_ctl" -D "$1/data" -w -l "$1/log" -o "-k $1 -c listen_addresses='' -c fsync=off -c deadlock_timeout=20ms -c max_connections=300" start >/dev/null 2>&1 &&
echo ready || tail -n 3 "$1/log"
cat >/dev/null
"$2/pg_ctl" -D "$1/data" -m immediate stop >/dev/null 2>&1
rm -rf "$1"
`

func (s *server) start() (address string, err error) {
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	// Not t.TempDir: the server outlives the test, and the path of its socket must be short.
	dir, err := os.MkdirTemp("/tmp", "wpp-pg-")
	if err != nil {
		return "", err
	}
	s.process = exec.CommandContext(context.Background(), "/bin/sh", "-c", script, "sh", dir, bin)
	s.process.Dir = dir
	if err := asPostgres(s.process, dir); err != nil {
		return "", err
	}
	in, err := s.process.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := s.process.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := s.process.Start(); err != nil {
		return "", fmt.Errorf("start PostgreSQL: %w", err)
	}
	s.hold = in
	if line, _ := bufio.NewReader(out).ReadString('\n'); strings.TrimSpace(line) != "ready" {
		return "", fmt.Errorf("PostgreSQL did not start: %s", strings.TrimSpace(line))
	}
	return "postgres:///postgres?user=postgres&host=" + url.QueryEscape(dir), nil
}

// asPostgres makes root run cmd as the user postgres: initdb refuses root.
func asPostgres(cmd *exec.Cmd, dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return errors.New(howToInstall)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return os.Chown(dir, int(uid), int(gid))
}

// binaries returns the folder of the newest PostgreSQL of Debian.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.New(howToInstall)
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
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
	if s.hold != nil {
		errs = append(errs, s.hold.Close(), s.process.Wait())
	}
	return errors.Join(errs...)
}
