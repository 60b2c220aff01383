package mqtt5

import (
	"context"
	"errors"
)

// Watch logs in, and waits until another client takes the id over. It returns nil then, and ctx's error if nobody did before
// the end of ctx. ErrHungUp is most likely a broker that does not give the reason, as mosquitto 2.0: the session did
// nothing that it could mind.
func Watch(ctx context.Context, dial Dial, login Login) error {
	s, err := open(ctx, dial, login)
	if err != nil {
		return err
	}
	defer s.close()
	for {
		_, err := s.receive()
		why := refusal(0)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &why) && why == sessionTaken:
			return nil
		case err != nil:
			return err
		}
	}
}
