//go:build !linux

package v4l2

import (
	"context"
	"errors"

	"github.com/inceptiond/inceptiond/capture"
)

var errLinux = errors.New("v4l2: cameras of this kind exist on Linux only")

// Open returns an error: V4L2 is part of Linux.
func Open(context.Context, Options) (capture.Source, error) { return nil, errLinux }

// List returns an error: V4L2 is part of Linux.
func List() ([]Device, error) { return nil, errLinux }
