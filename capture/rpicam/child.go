package rpicam

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/internal/child"
	"github.com/inceptiond/inceptiond/internal/proc"
)

// programs are the names of the program: today's, and that of systems before Debian 12.
var programs = []string{"rpicam-vid", "libcamera-vid"}

// video is a running rpicam-vid.
type video struct {
	*child.Child
	name string
	said *proc.Tail
}

// startVideo starts the first of programs that is installed.
func startVideo(args []string) (*video, error) {
	path, name := "", ""
	for _, name = range programs {
		p, err := exec.LookPath(name)
		if err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, fmt.Errorf("rpicam: neither %s is installed: sudo apt install rpicam-apps", strings.Join(programs, " nor "))
	}
	said := new(proc.Tail)
	c, err := child.Start(path, args, false, said)
	if err != nil {
		return nil, fmt.Errorf("rpicam: start %s: %v: %w", path, err, capture.ErrLost)
	}
	return &video{c, name, said}, nil
}

// reason turns the end of the pipe into what the child had to say about it. Bad frames pass through.
func (v *video) reason(err error) error {
	if err == nil || errors.Is(err, capture.ErrBadFrame) {
		return err
	}
	state := v.Ended() // it closed its output, so it is ending; if it is not, it is of no more use
	if said := v.said.String(); said != "" {
		state += ": " + said
	}
	return fmt.Errorf("rpicam: %s %s: %w", v.name, state, capture.ErrLost)
}
