package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"

	"github.com/wppmarketing/developers/portal/limits"
	"github.com/wppmarketing/developers/portal/store"
)

const (
	oldestPostgres = 15
	// quickCheckSize is how much of a file doctor reads: about a second.
	quickCheckSize = 256e6
	littleSpace    = 1e9
)

// onPostgres runs a check on PostgreSQL, or none when it is not used or cannot
// be reached, which the check of the database says.
func onPostgres(ctx context.Context, a *app, check func(st *store.Store) (string, error)) (string, error) {
	if a.DatabaseURL == "" {
		return "", nil
	}
	st, err := a.store(ctx, false)
	if err != nil {
		return "", nil //nolint:nilerr // said by checkDatabase
	}
	defer func() { _ = st.Close() }()
	return check(st)
}

// checkVersion looks at the version of PostgreSQL.
func checkVersion(ctx context.Context, a *app) (string, error) {
	return onPostgres(ctx, a, func(st *store.Store) (string, error) {
		server, err := st.Stats(ctx)
		if err != nil {
			return "", err
		}
		if major(server.Version) < oldestPostgres {
			return "", fmt.Errorf("PostgreSQL %s is too old: %d or newer is needed", server.Version, oldestPostgres)
		}
		return "PostgreSQL " + server.Version, nil
	})
}

var number = regexp.MustCompile(`\d+`)

// major returns the first number of a version, such as 15 of "pg_dump (PostgreSQL) 15.8".
func major(version string) int {
	n, _ := strconv.Atoi(number.FindString(version))
	return n
}

// checkBackup tells whether a backup can be made from here.
func checkBackup(ctx context.Context, a *app) (string, error) {
	if a.DatabaseURL == "" {
		return checkFile(ctx, a)
	}
	return onPostgres(ctx, a, func(st *store.Store) (string, error) {
		server, err := st.Stats(ctx)
		if err != nil {
			return "", err
		}
		raw, err := exec.CommandContext(ctx, "pg_dump", "--version").Output()
		if err != nil {
			return "", noteError("pg_dump is not on this machine. Install PostgreSQL's client, or make backups elsewhere: wpp backup prints how")
		}
		tool := major(string(raw))
		if tool < major(server.Version) {
			return "", noteError(fmt.Sprintf("pg_dump %d is older than the server, %s, and will refuse it. Install that of version %d", tool, server.Version, major(server.Version)))
		}
		if err := dumpSchema(ctx, a.DatabaseURL); err != nil {
			return "", noteError(fmt.Sprintf("pg_dump on this machine does not read the database: %s. Mend that, or make backups elsewhere: wpp backup prints how", err))
		}
		return fmt.Sprintf("pg_dump %d reads PostgreSQL %s: wpp backup prints how", tool, server.Version), nil
	})
}

// checkFile looks at SQLite's file and the room for a copy of it.
func checkFile(ctx context.Context, a *app) (string, error) {
	size := databaseSize(a.Data)
	if size == 0 {
		return "", nil
	}
	free, err := freeSpace(a.Data)
	if err != nil {
		return "", err
	}
	found := fmt.Sprintf("the database has %s, its disk %s free", megabytes(size), megabytes(free))
	if size <= quickCheckSize {
		st, err := a.store(ctx, false)
		if err != nil {
			return "", nil //nolint:nilerr // said by checkDatabase
		}
		err = st.Reader(ctx).Intact(true)
		if err = errors.Join(err, st.Close()); errors.Is(err, store.ErrDamaged) {
			return "", errors.New("the database contradicts itself. Stop the server, keep the data folder, and restore the last backup into a new one")
		}
		if err != nil {
			return "", err
		}
		found += ", quick check passed"
	} else {
		found += ", too large to be checked here: wpp backup checks its copy"
	}
	if free < max(size, littleSpace) {
		return "", noteError(found + ". A backup needs another disk, and writing stops when this one is full")
	}
	return found, nil
}

// checkArchive tells whether PostgreSQL keeps what point-in-time recovery needs.
func checkArchive(ctx context.Context, a *app) (string, error) {
	return onPostgres(ctx, a, func(st *store.Store) (string, error) {
		found, err := st.Reader(ctx).Archive()
		if err != nil {
			return "", err
		}
		mode := "archive_mode is " + found.Mode
		last := "none was archived yet"
		if found.ArchivedAt != nil {
			last = "the last file was archived on " + found.ArchivedAt.Local().Format("2 Jan 2006 15:04 MST")
		}
		switch {
		case found.Mode == "off":
			return "", noteError(mode + ": what was written since the last dump is lost with the server's disk")
		case !found.Set:
			return "", errors.New(mode + " but archive_command is empty: nothing is archived, and the files gather until the server's disk is full. Set archive_command, or archive_mode to off")
		case found.Failing:
			return "", fmt.Errorf("%s but archiving fails, %s: no coming back to a time since then, and the files gather until the server's disk is full. PostgreSQL's log has what archive_command said; it is tried again by itself", mode, last)
		case found.ArchivedAt == nil:
			return "", noteError(mode + ", " + last + ". SELECT pg_switch_wal() has PostgreSQL try now; then run wpp doctor again")
		}
		return mode + ", " + last, nil
	})
}

// checkLimits tells who shares the limits on calls and on wrong passwords.
func checkLimits(ctx context.Context, a *app) (string, error) {
	if a.RedisURL == "" && a.DatabaseURL == "" {
		return "counted by the server", nil
	}
	if a.RedisURL == "" {
		return "", noteError("per node: n nodes allow n times as many calls and wrong passwords. Set WPP_REDIS_URL to share them")
	}
	key, err := a.secretKey(false)
	if err != nil {
		return "", nil //nolint:nilerr // said by the check of the secret key
	}
	l, err := limits.New(limits.Options{RedisURL: a.RedisURL, SecretKey: key})
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	name, err := l.Server(ctx)
	if err != nil {
		return "", fmt.Errorf("redis does not answer, so limits are per node: %s. See that it runs and that WPP_REDIS_URL names it", cause(err))
	}
	return "shared by all nodes through " + name, nil
}
