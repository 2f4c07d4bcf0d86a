package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server under measurement.
type process struct {
	cmd   *exec.Cmd
	said  *os.File // what it wrote to its standard error
	url   string
	addr  string        // host:port
	ready time.Duration // from its start to the first 200 of /readyz
	ended chan error
}

const (
	startPatience = 2 * time.Minute // a database of ten million rows is opened, an index may be made
	stopPatience  = 30 * time.Second
)

// serving finds the address in the line that a server writes when it listens.
var serving = regexp.MustCompile(`"msg":"serving".*?"base_url":"(http://([^"]+))"`)

// launch starts a server and waits until it is ready. Only the variables given
// reach it: a WPP_ variable of the caller's would change what is measured. Its
// log goes to a file: to read it along would cost the driver's processor.
func launch(ctx context.Context, name string, args, env []string) (*process, error) {
	said, err := os.CreateTemp("", "bench-*.log")
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.CommandContext(ctx, name, args...), said: said, ended: make(chan error, 1)} //nolint:gosec // the program that the operator names
	p.cmd.Env = append(environment(), env...)
	p.cmd.Stderr = said
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = stopPatience
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(err, p.forget())
	}
	go func() { p.ended <- p.cmd.Wait() }()
	if err := p.awaitReady(ctx, name); err != nil {
		return nil, err
	}
	p.ready = time.Since(began)
	return p, nil
}

// environment is the caller's without the program's settings.
func environment() (env []string) {
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "WPP_") {
			env = append(env, v)
		}
	}
	return env
}

// opening returns the first kilobytes of what the server wrote: where it listens,
// or why it did not start.
func (p *process) opening() string {
	text := make([]byte, 4<<10)
	n, _ := p.said.ReadAt(text, 0) // less is all there is
	return string(text[:n])
}

func (p *process) forget() error { return errors.Join(p.said.Close(), os.Remove(p.said.Name())) }

// awaitReady stops the server that does not become ready.
func (p *process) awaitReady(ctx context.Context, name string) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(startPatience)
	for !p.isReady(ctx) {
		select {
		case <-tick.C:
		case err := <-p.ended:
			return errors.Join(fmt.Errorf("%s ended (%w): %s", name, err, p.opening()), p.forget())
		case <-ctx.Done():
			return errors.Join(ctx.Err(), p.stop())
		case <-late:
			return errors.Join(fmt.Errorf("%s does not become ready: %s", name, p.opening()), p.stop())
		}
	}
	return nil
}

func (p *process) isReady(ctx context.Context) bool {
	if p.addr == "" {
		m := serving.FindStringSubmatch(p.opening())
		if m == nil {
			return false
		}
		p.url, p.addr = m[1], m[2]
	}
	status, _, err := get(ctx, p.url+"/readyz", nil)
	return err == nil && status == http.StatusOK
}

// stop ends the server and waits for it.
func (p *process) stop() error {
	if p == nil {
		return nil
	}
	defer func() { _ = p.forget() }()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-p.ended:
		return err
	case <-time.After(stopPatience):
		_ = p.cmd.Process.Kill()
		return errors.Join(errors.New("a server did not stop and was killed"), <-p.ended)
	}
}

// clockTick is the unit of /proc/PID/stat on Linux.
const clockTick = 10 * time.Millisecond

// cpu returns the processor time that the server has used.
func (p *process) cpu() (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(raw), ") ") // the name before may hold spaces
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat is too short")
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * clockTick, err
}

// memory returns the server's resident memory in MiB.
func (p *process) memory() (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, after, found := strings.Cut(string(raw), "VmRSS:")
	if !found {
		return 0, errors.New("no VmRSS in /proc/PID/status")
	}
	kib, err := strconv.ParseFloat(strings.Fields(after)[0], 64)
	return kib / 1024, err
}

// get fetches a URL and its body.
func get(ctx context.Context, url string, header http.Header) (status int, body []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	for name, values := range header {
		r.Header[name] = values
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}
