//go:build !linux

package gpiochip

import (
	"errors"

	"periph.io/x/conn/v3/gpio"
)

var errLinux = errors.New("gpiochip: pins are for Linux only")

// Chips returns an error: the character devices are part of Linux.
func Chips() ([]Chip, error) { return nil, errLinux }

// Locate returns an error: the character devices are part of Linux.
func Locate(string, string) (Place, error) { return Place{}, errLinux }

func request(Place, string, config) (*line, error) { return nil, errLinux }
func (l *line) configure(config) error             { return errLinux }
func (l *line) set(gpio.Level) error               { return errLinux }
func (l *line) get() (gpio.Level, error)           { return gpio.Low, errLinux }
