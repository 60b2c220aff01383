package config

func (c *Config) check() []Problem { return nil }
