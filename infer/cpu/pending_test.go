package cpu_test

var pending = []string{}
