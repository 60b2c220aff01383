package tflite

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/inceptiond/inceptiond/infer/tflite/wire"
	"github.com/inceptiond/inceptiond/internal/proc"
)

// worker is the child process.
type worker struct {
	cmd       *exec.Cmd
	questions *os.File  // to its file descriptor 3
	answers   *os.File  // from its file descriptor 4
	said      proc.Tail // standard output and error
	exited    chan struct{}
	err       error // of Wait; set once exited is closed
}

const (
	// patience is how long a worker may take to end by itself, after its pipes have, and how long after it was killed.
	patience = time.Second

	// hurry is patience for a worker that is lost in the middle of a run: somebody waits to have it answered elsewhere.
	hurry = 100 * time.Millisecond
)

// startWorker starts the program.
func startWorker(path string) (*worker, error) {
	its3, questions, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("tflite: %v: %w", err, ErrLost)
	}
	answers, its4, err := os.Pipe()
	if err != nil {
		_, _ = its3.Close(), questions.Close()
		return nil, fmt.Errorf("tflite: %v: %w", err, ErrLost)
	}
	widen(questions)
	widen(answers)
	w := &worker{cmd: exec.Command(path, "serve"), questions: questions, answers: answers, exited: make(chan struct{})}
	w.cmd.Stdout, w.cmd.Stderr = &w.said, &w.said
	w.cmd.ExtraFiles = []*os.File{its3, its4}
	w.cmd.WaitDelay = patience // for a grandchild that keeps standard error open
	w.cmd.SysProcAttr = proc.Attributes()
	started := make(chan error, 1)
	go w.watch(started)
	err = <-started
	_, _ = its3.Close(), its4.Close() // ours; the child has its own
	if err != nil {
		w.closePipes()
		return nil, fmt.Errorf("tflite: start worker: %v (make tflite builds it): %w", err, ErrLost)
	}
	return w, nil
}

// watch starts the child and waits for its end. Linux kills the child when the thread that started it ends
// (PR_SET_PDEATHSIG), so this goroutine keeps its thread for as long as the child lives.
func (w *worker) watch(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := w.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	w.err = w.cmd.Wait()
	close(w.exited)
}

// setDeadline is for all reads and writes, also those under way.
func (w *worker) setDeadline(t time.Time) {
	_, _ = w.questions.SetWriteDeadline(t), w.answers.SetReadDeadline(t) // pipes have deadlines
}

// close ends the worker, which ends by itself when its questions do, and is killed if that takes longer than patience.
// Even a killed process can stay: in the middle of a transfer that the kernel does not interrupt. After as long again it
// is left to watch, which waits for it. close returns whether the worker has ended.
func (w *worker) close(patience time.Duration) bool {
	w.closePipes()
	if w.endsWithin(patience) {
		return true
	}
	w.kill()
	return w.endsWithin(patience)
}

func (w *worker) endsWithin(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-w.exited:
		return true
	case <-timer.C:
		return false
	}
}

func (w *worker) closePipes() { _, _ = w.questions.Close(), w.answers.Close() }

// kill ends the worker's process group at once, unless the worker has ended.
func (w *worker) kill() { proc.KillGroup(w.cmd.Process, w.exited) }

// errEnded says that the worker no longer listens.
var errEnded = errors.New("the pipe is broken")

// lose ends the worker, and tells why: err is how the conversation with it broke, deadline the time that it had.
func (w *worker) lose(err error, deadline time.Duration) error {
	why := ""
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		why = fmt.Sprintf("worker did not answer within %v and was killed", deadline.Round(time.Millisecond))
		w.kill()
	case errors.Is(err, wire.ErrGarbage):
		why = "worker answered nonsense and was killed: " + err.Error()
		w.kill()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, errEnded):
		// It closed its pipes, so it is ending; close kills it if it is not.
	default:
		why = "worker was killed: " + err.Error()
		w.kill()
	}
	ended := w.close(hurry)
	said := ""
	if s := w.said.String(); s != "" {
		said = ": it said: " + s
	}
	switch {
	case !ended:
		return fmt.Errorf("tflite: %s, but does not end%s: %w", cmp.Or(why, "worker was killed"), said, ErrLost)
	case why != "":
		return fmt.Errorf("tflite: %s%s: %w", why, said, ErrLost)
	case w.err != nil:
		return fmt.Errorf("tflite: worker ended (%w)%s: %w", w.err, said, ErrLost)
	}
	return fmt.Errorf("tflite: worker ended%s: %w", said, ErrLost)
}
