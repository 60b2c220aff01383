package service

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/inceptiond/inceptiond/internal/memory"
	"github.com/inceptiond/inceptiond/internal/proc"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/web"
)

// doctorTime is how long a check of the machine may take.
const doctorTime = time.Minute

// Doctor checks the machine; see [web.Workbench]. It runs `inceptiond doctor` as a child, so that a driver that hangs, and the
// memory of models that are loaded again, go with it.
func (s *Service) Doctor(ctx context.Context, found func(web.Finding)) error {
	if !s.examined.TryLock() {
		return errors.New("the machine is being checked already")
	}
	defer s.examined.Unlock()
	if err := s.roomForDoctor(memory.Available()); err != nil {
		return err
	}
	program := s.options.Program
	if program == "" {
		var err error
		if program, err = os.Executable(); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, doctorTime)
	defer cancel()
	return examine(ctx, program, s.doctorArguments(), found)
}

// doctorArguments have a child look at what runs here: the same file under the same flags. What we have ourselves it cannot
// have, which is no fault.
func (s *Service) doctorArguments() []string {
	args := []string{"doctor", "--lines", "--config", s.source()}
	args = append(args, s.options.Doctor...)
	args = append(args, fmt.Sprintf("--daemon=%d", os.Getpid()))
	for _, c := range s.Overview().Cameras {
		if c.State == publish.CameraOnline {
			args = append(args, "--at-work="+c.Name)
		}
	}
	return args
}

// roomForDoctor says why the models cannot be loaded once more, as nobody knows for sure, if so much memory is available; 0:
// nobody knows.
func (s *Service) roomForDoctor(available int64) error {
	v := s.inForce.Load()
	if v == nil || available == 0 {
		return nil
	}
	need := int64(32 << 20) // the program itself, and pictures
	for _, m := range v.models {
		o := v.plan.Models[m.Name]
		size := o.FileSize()
		need += size + max(m.Memory, size)
	}
	if need > available {
		return fmt.Errorf("memory is short: a check loads the models again, for about %d MiB, and %d MiB are free: "+
			"stop the service, and run `inceptiond doctor`", need>>20, available>>20)
	}
	return nil
}

// examine runs a program that prints findings, a line of JSON each, until it ends or ctx does. It ends with 1 if one is a fault.
func examine(ctx context.Context, program string, args []string, found func(web.Finding)) error {
	// The child dies with the thread that starts it, see proc.Attributes.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var said proc.Tail
	lines := &findings{found: found}
	exited := make(chan struct{})
	defer close(exited)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = lines, &said
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = proc.Attributes()
	cmd.Cancel = func() error {
		proc.KillGroup(cmd.Process, exited)
		return nil
	}
	err := cmd.Run()
	switch {
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return errors.New("the check did not end in time; what it has found until then is here")
	case ctx.Err() != nil:
		return ctx.Err()
	case lines.err != nil:
		return lines.err
	case err != nil && !(lines.faults > 0 && cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == 1):
		return fmt.Errorf("the check ended early: %w: %s", err, said.String())
	}
	return nil
}

// findings reads findings from what a child prints. It is for one goroutine at a time.
type findings struct {
	found  func(web.Finding)
	faults int
	err    error // about a line that is none
	line   []byte
}

// maxFinding is the longest line, in bytes.
const maxFinding = 64 << 10

// Write takes what was printed. The error ends the child.
func (f *findings) Write(data []byte) (int, error) {
	f.line = append(f.line, data...)
	for {
		line, rest, whole := bytes.Cut(f.line, []byte("\n"))
		if !whole {
			break
		}
		f.take(line)
		f.line = append(f.line[:0], rest...)
	}
	if len(f.line) > maxFinding && f.err == nil {
		f.err = fmt.Errorf("the check prints a line of more than %d bytes", maxFinding)
	}
	return len(data), f.err
}

func (f *findings) take(line []byte) {
	var one web.Finding
	if err := json.Unmarshal(line, &one); err != nil || one.State == "" {
		f.err = cmp.Or(f.err, fmt.Errorf("the check prints what is no finding: %.80q", line))
		return
	}
	if one.State == "fault" {
		f.faults++
	}
	f.found(one)
}
