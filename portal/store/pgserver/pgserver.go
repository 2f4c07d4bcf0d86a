// Package pgserver starts a PostgreSQL server from Debian's binaries, for tests
// and benchmarks. It listens on a socket in its own folder under /tmp and on
// no network; however the process that started it ends, the server and its
// files go with it.
//
// The package must not know what the databases are for. Known weakness: as root
// it needs the user postgres, because initdb refuses root.
package pgserver

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
	"syscall"
)

// Variable holds the address of a PostgreSQL server whose user may create
// databases, to be used instead of one started here.
const Variable = "WPP_TEST_POSTGRES"

const howToInstall = "PostgreSQL is needed: `apt-get install postgresql`, or set " + Variable +
	" to the address of a server where databases may be created"

// Server is a running server.
type Server struct {
	dir, bin string
	process  *exec.Cmd
	hold     io.WriteCloser // the server runs until this is closed
	said     *bufio.Reader
}

// script starts a server in $1 with the binaries in $2 and the settings in $3,
// says "ready", and stops it when its input ends. Until then it takes the
// orders crash and restart.
const script = `
start() {
	"$2/pg_ctl" -D "$1/data" -w -l "$1/log" -o "-k $1 -c listen_addresses='' $3" start >/dev/null 2>&1
}
"$2/initdb" -D "$1/data" -A trust -U postgres -E UTF8 --locale=C --no-sync >"$1/log" 2>&1 && start "$@" &&
echo ready || tail -n 3 "$1/log"
while read -r order; do
	case $order in
	crash) "$2/pg_ctl" -D "$1/data" -m immediate stop >/dev/null 2>&1 && echo crashed || tail -n 3 "$1/log" ;;
	restart) start "$@" && echo ready || tail -n 3 "$1/log" ;;
	esac
done
"$2/pg_ctl" -D "$1/data" -m immediate stop >/dev/null 2>&1
rm -rf "$1"
`

// Start starts a server with settings such as "fsync=off"; the others are
// PostgreSQL's own.
func Start(settings ...string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	// The path of a socket must be short.
	dir, err := os.MkdirTemp("/tmp", "wpp-pg-")
	if err != nil {
		return nil, err
	}
	var flags strings.Builder
	for _, s := range settings {
		flags.WriteString(" -c " + s)
	}
	s := &Server{dir: dir, bin: bin, process: exec.CommandContext(context.Background(), "/bin/sh", "-c", script, "sh", dir, bin, flags.String())} //nolint:gosec // constants and a folder of ours
	s.process.Dir = dir
	// An interrupt from the keyboard must leave the shell time to stop the server.
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) start() error {
	if err := asPostgres(s.process, s.dir); err != nil {
		return err
	}
	in, err := s.process.StdinPipe()
	if err != nil {
		return err
	}
	out, err := s.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.process.Start(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	s.hold, s.said = in, bufio.NewReader(out)
	if err := s.hear("ready"); err != nil {
		return errors.Join(err, s.Stop())
	}
	return nil
}

// hear waits for what the script says.
func (s *Server) hear(want string) error {
	if line, _ := s.said.ReadString('\n'); strings.TrimSpace(line) != want {
		return fmt.Errorf("PostgreSQL is not %s: %s", want, strings.TrimSpace(line))
	}
	return nil
}

// Crash ends the server without a shutdown and keeps its files.
func (s *Server) Crash() error {
	_, err := io.WriteString(s.hold, "crash\n")
	return errors.Join(err, s.hear("crashed"))
}

// Restart starts a crashed server and returns when it takes connections.
func (s *Server) Restart() error {
	_, err := io.WriteString(s.hold, "restart\n")
	return errors.Join(err, s.hear("ready"))
}

// Address returns the address of the server's first database.
func (s *Server) Address() string {
	return "postgres:///postgres?user=postgres&host=" + url.QueryEscape(s.dir)
}

// Version returns what the server calls itself, such as PostgreSQL 15.14.
func (s *Server) Version() string {
	out, _ := exec.CommandContext(context.Background(), filepath.Join(s.bin, "postgres"), "--version").Output() //nolint:gosec // Debian's binary
	_, version, _ := strings.Cut(string(out), "(PostgreSQL) ")
	number, _, _ := strings.Cut(version, " ")
	return "PostgreSQL " + strings.TrimSpace(number)
}

// Stop stops the server, at once, and removes its files.
func (s *Server) Stop() error { return errors.Join(s.hold.Close(), s.process.Wait()) }

// asPostgres makes root run cmd as the user postgres.
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
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
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
