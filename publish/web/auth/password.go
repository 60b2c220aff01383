package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// The length of a password, in bytes. bcrypt takes no more than 72.
const (
	minPassword = 12
	maxPassword = 72
)

// hashCost is bcrypt's: some 50 ms of a core, 4 KB.
const hashCost = 10

// checkPassword says what is wrong with a new password.
func checkPassword(p string) error {
	switch {
	case len(p) < minPassword:
		return fmt.Errorf("the password is too short (want %d characters or more; a few words are good)", minPassword)
	case len(p) > maxPassword:
		return fmt.Errorf("the password is too long (at most %d bytes)", maxPassword)
	}
	return nil
}

// What comparing passwords may cost.
const (
	restFactor = 20 // times what a comparison took: strangers get 5 % of one core at most
	maxWaiting = 8  // strangers
	maxWait    = 10 * time.Second
)

// errBusy refuses a stranger while many others try.
var errBusy = errors.New("too many try at the moment")

// checker compares passwords: one at a time, and for strangers with a long rest after each that was wrong. It may be used from several
// goroutines at once.
type checker struct {
	cost      int           // bcrypt's
	turn      chan struct{} // holds a token while nobody compares
	strangers chan struct{} // holds a token for each stranger who may wait
	rest      chan struct{} // holds a token while strangers may compare
}

func newChecker() *checker {
	c := &checker{cost: hashCost, turn: make(chan struct{}, 1), strangers: make(chan struct{}, maxWaiting), rest: make(chan struct{}, 1)}
	c.turn <- struct{}{}
	c.rest <- struct{}{}
	return c
}

// compare tells whether a password is the one of hash. The error is errBusy or ctx's.
func (c *checker) compare(ctx context.Context, hash []byte, password string, stranger bool) (bool, error) {
	if stranger {
		select {
		case c.strangers <- struct{}{}:
			defer func() { <-c.strangers }()
		default:
			return false, errBusy
		}
		patience := time.NewTimer(maxWait)
		defer patience.Stop()
		select {
		case <-c.rest:
		case <-patience.C:
			return false, errBusy
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	select {
	case <-c.turn:
	case <-ctx.Done():
		if stranger {
			c.rest <- struct{}{}
		}
		return false, ctx.Err()
	}
	if len(password) > maxPassword { // bcrypt would compare the beginning
		password = ""
	}
	begin := time.Now()
	err := bcrypt.CompareHashAndPassword(hash, []byte(password))
	took := time.Since(begin)
	c.turn <- struct{}{}
	switch {
	case stranger && err != nil:
		time.AfterFunc(restFactor*took, func() { c.rest <- struct{}{} })
	case stranger:
		c.rest <- struct{}{}
	}
	return err == nil, nil
}

// hash is what is kept of a password.
func (c *checker) hash(ctx context.Context, password string) ([]byte, error) {
	select {
	case <-c.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { c.turn <- struct{}{} }()
	return bcrypt.GenerateFromPassword([]byte(password), c.cost)
}
