package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
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
	lines := &findings{found: found}
	out := &proc.Lines{Take: lines.take, Max: maxFinding}
	err := proc.Run(ctx, program, args, out, proc.Usual)
	exit := new(exec.ExitError)
	switch {
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return errors.New("the check did not end in time; what it has found until then is here")
	case ctx.Err() != nil:
		return ctx.Err()
	case out.Err() != nil:
		return fmt.Errorf("the check prints what is no finding: %w", out.Err())
	case err != nil && !(lines.faults > 0 && errors.As(err, &exit) && exit.ExitCode() == 1):
		return fmt.Errorf("the check ended early: %w", err)
	}
	return nil
}

// findings reads findings from what a child prints.
type findings struct {
	found  func(web.Finding)
	faults int
}

// maxFinding is the longest line, in bytes.
const maxFinding = 64 << 10

// take takes a line. The error ends the child.
func (f *findings) take(line []byte) error {
	var one web.Finding
	if err := json.Unmarshal(line, &one); err != nil || one.State == "" {
		return fmt.Errorf("%.80q", line)
	}
	if one.State == "fault" {
		f.faults++
	}
	f.found(one)
	return nil
}
