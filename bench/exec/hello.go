// How long a Go program takes to start and end.
package main

import "fmt"

func main() { fmt.Println("hello") }
