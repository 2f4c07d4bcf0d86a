package main

import (
	"bufio"
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
	"sync"
	"syscall"
	"time"
)

// process is a server under measurement.
type process struct {
	cmd   *exec.Cmd
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
// reach it: a WPP_ variable of the caller's would change what is measured.
func launch(ctx context.Context, name string, args, env []string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, name, args...), ended: make(chan error, 1)} //nolint:gosec // the program that the operator names
	p.cmd.Env = append(environment(), env...)
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = stopPatience
	began := time.Now()
	output, err := p.cmd.StderrPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	found, said := make(chan []string, 1), &opening{}
	go func() {
		scan(output, found, said)
		p.ended <- p.cmd.Wait()
	}()
	late := time.After(startPatience)
	select {
	case m := <-found:
		p.url, p.addr = m[1], m[2]
	case err := <-p.ended:
		return nil, fmt.Errorf("%s ended (%w): %s", name, err, said)
	case <-late:
		return nil, errors.Join(fmt.Errorf("%s does not listen: %s", name, said), p.stop())
	}
	if err := p.awaitReady(ctx, late); err != nil {
		return nil, errors.Join(err, p.stop())
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

// scan reads what a server writes to its end: a full pipe would stop it.
func scan(r io.Reader, found chan<- []string, said *opening) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		said.add(line)
		if m := serving.FindStringSubmatch(line); m != nil {
			select {
			case found <- m:
			default: // it was found already
			}
		}
		if err != nil {
			return
		}
	}
}

// opening keeps the first lines of what a server writes, some kilobytes: they
// say why it did not start.
type opening struct {
	mu   sync.Mutex
	text string
}

func (o *opening) add(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.text) < 4096 {
		o.text += line
	}
}

func (o *opening) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text
}

func (p *process) awaitReady(ctx context.Context, late <-chan time.Time) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if status, _, err := get(ctx, p.url+"/readyz", nil); err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-late:
			return errors.New("the server does not become ready")
		}
	}
}

// stop ends the server and waits for it.
func (p *process) stop() error {
	if p == nil {
		return nil
	}
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
