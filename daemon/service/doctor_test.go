package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/proc"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
	"github.com/inceptiond/inceptiond/publish/web"
)

// script is a program that does what a shell script says.
func script(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "inceptiond")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

// Findings come as the child prints them; its end tells whether that was all.
func TestDoctor(t *testing.T) {
	const ok, fault = `{"area":"system","check":"clock","state":"ok","found":"set"}`, `{"area":"camera","check":"a","state":"fault","found":"lost","fix":"plug it in"}`
	for _, c := range []struct {
		name, script string
		checks       string
		err          string
	}{
		{"all well", "echo '" + ok + "'", "clock", ""},
		{"a fault", "echo '" + ok + "'\necho '" + fault + "'\necho doctor: 1 fault >&2\nexit 1", "clock a", ""},
		{"in pieces", `printf '{"area":"x","check":"one","st'; sleep 0.1; printf 'ate":"note","found":""}\n'`, "one", ""},
		{"it fails", "echo '" + ok + "'\necho no such flag >&2\nexit 2", "clock", "the check ended early: exit status 2: no such flag"},
		{"it fails without a fault", "exit 1", "", "the check ended early: exit status 1: "},
		{"it crashes after a fault", "echo '" + fault + "'\nkill -SEGV $$", "a", "the check ended early: signal: segmentation fault"},
		{"rubbish", "echo all well", "", `the check prints what is no finding: "all well"`},
		{"something else", "echo '{}'", "", `the check prints what is no finding: "{}"`},
		{"endless", "head -c 100000 /dev/zero", "", "the check prints what is no finding: a line of more than 65536 bytes"},
	} {
		var checks []string
		err := examine(t.Context(), script(t, c.script), nil, func(f web.Finding) { checks = append(checks, f.Check) })
		text := ""
		if err != nil {
			text = err.Error()
		}
		if got := strings.Join(checks, " "); got != c.checks || !strings.HasPrefix(text, c.err) || (c.err == "") != (err == nil) {
			t.Errorf("%s: found %q, %v; want %q, %q", c.name, got, err, c.checks, c.err)
		}
	}
	if err := examine(t.Context(), filepath.Join(t.TempDir(), "none"), nil, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no program: %v", err)
	}
}

// The service asks for its own config, one check at a time; a child that hangs is ended with all that it has started.
func TestDoctorOfAService(t *testing.T) {
	s := startService(t, "mqtt: {broker: off}\ncameras:\n  a: {demo: {interval: 1h}}\n")
	s.service.options.Program = script(t, `sleep 1000 &
echo "{\"area\":\"$1\",\"check\":\"$!\",\"state\":\"ok\",\"found\":\"$2 $3 $4 $5 $6 $7\"}"
wait`)
	s.service.options.Doctor = []string{"--listen=127.0.0.1:1"}
	publishtest.Eventually(t, "the camera to be online", func() bool { return s.service.Overview().Cameras[0].State == publish.CameraOnline })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	all, ended := make(chan web.Finding, 1), make(chan error, 1)
	go func() { ended <- s.service.Doctor(ctx, func(f web.Finding) { all <- f }) }()
	var f web.Finding
	select {
	case f = <-all:
	case <-time.After(time.Minute):
		t.Fatal("nothing was found")
	}
	if want := fmt.Sprintf("--lines --config %s --listen=127.0.0.1:1 --daemon=%d --at-work=a", s.file, os.Getpid()); f.Area != "doctor" || f.Found != want {
		t.Errorf("%+v", f)
	}
	if err := s.service.Doctor(t.Context(), nil); err == nil || err.Error() != "the machine is being checked already" {
		t.Errorf("a second one: %v", err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
	child, err := strconv.Atoi(f.Check)
	if err != nil {
		t.Fatal(err)
	}
	publishtest.Eventually(t, "what the child has started to end", func() bool { return errors.Is(syscall.Kill(child, 0), syscall.ESRCH) || zombie(child) })
	s.service.options.Program = script(t, "sleep 1000")
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.service.Doctor(short, nil); err == nil || !strings.HasPrefix(err.Error(), "the check did not end in time") {
		t.Errorf("one that hangs: %v", err)
	}
	if err := s.service.roomForDoctor(33 << 20); err != nil {
		t.Errorf("room for the demo: %v", err)
	}
	if err := s.service.roomForDoctor(30 << 20); err == nil || !strings.HasPrefix(err.Error(), "memory is short: a check loads the models again") {
		t.Errorf("no room: %v", err)
	}
}

// zombie tells whether a process has ended, and only waits for somebody to ask how: where nobody adopts orphans, it does for ever.
func zombie(pid int) bool {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && slices.Contains(strings.Fields(string(data)), "Z")
}

// What a child prints gives the same findings however it comes, and no rubbish is one.
func FuzzFindings(f *testing.F) {
	f.Add([]byte("{\"state\":\"ok\"}\n{\"area\":\"x\",\"state\":\"fault\"}\n"), 3)
	f.Add([]byte("\n\n{}\n{\"state\""), 1)
	f.Fuzz(func(t *testing.T, data []byte, n int) {
		if len(data) > maxFinding {
			return
		}
		read := func(pieces ...[]byte) (all []web.Finding, faults int, err error) {
			w := &findings{found: func(one web.Finding) { all = append(all, one) }}
			lines := &proc.Lines{Take: w.take, Max: maxFinding}
			for _, piece := range pieces {
				lines.Write(piece)
			}
			return all, w.faults, lines.Err()
		}
		cut := min(max(n, 0), len(data))
		a, faults, err := read(data)
		b, others, otherErr := read(data[:cut], data[cut:])
		if !reflect.DeepEqual(a, b) || faults != others || (err == nil) != (otherErr == nil) || faults > len(a) {
			t.Errorf("%d findings, %v; in pieces %d, %v", len(a), err, len(b), otherErr)
		}
		for _, one := range a {
			if one.State == "" {
				t.Error("a finding without a state")
			}
		}
	})
}
