// What Go programs do with threads, timers and files, one part by each argument: the same output on the host and in a VM, each time.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func channels() {
	numbers, squares := make(chan int), make(chan int, 3)
	var workers sync.WaitGroup
	for i := 0; i < 20; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for number := range numbers {
				squares <- number * number
			}
		}()
	}
	go func() {
		for i := 0; i < 2000; i++ {
			numbers <- i
		}
		close(numbers)
		workers.Wait()
		close(squares)
	}()
	sum := 0
	for square := range squares {
		sum += square
	}
	fmt.Println("sum of squares:", sum)
}

func locks() {
	var mutex sync.Mutex
	var readers sync.RWMutex
	var all sync.WaitGroup
	var once sync.Once
	var counter, atomics, first int64
	table := map[int]int{}
	for i := 0; i < 16; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			for round := 0; round < 300; round++ {
				mutex.Lock()
				counter++
				mutex.Unlock()
				atomic.AddInt64(&atomics, 2)
				readers.Lock()
				table[round%10] += i
				readers.Unlock()
				readers.RLock()
				_ = table[5]
				readers.RUnlock()
				once.Do(func() { first++ })
				if round%50 == 0 {
					runtime.Gosched()
				}
			}
		}(i)
	}
	all.Wait()
	fmt.Println("counted:", counter, atomics, first, table[3])
}

func parallelSort() {
	values := make([]int, 100000)
	random := rand.New(rand.NewSource(7))
	for i := range values {
		values[i] = random.Int()
	}
	const parts = 8
	var all sync.WaitGroup
	for part := 0; part < parts; part++ {
		all.Add(1)
		go func(some []int) {
			defer all.Done()
			sort.Ints(some)
		}(values[part*len(values)/parts : (part+1)*len(values)/parts])
	}
	all.Wait()
	sort.Ints(values)
	fmt.Println("sorted:", sort.IntsAreSorted(values), values[0], values[len(values)-1])
}

func timers() {
	ticks := 0
	ticker := time.NewTicker(2 * time.Millisecond)
	for range ticker.C {
		if ticks++; ticks == 10 {
			break
		}
	}
	ticker.Stop()
	began := time.Now()
	limit, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	<-limit.Done()
	fmt.Println("ticks:", ticks, limit.Err(), time.Since(began) >= 20*time.Millisecond)
	select {
	case <-time.After(10 * time.Millisecond):
		fmt.Println("after")
	case <-make(chan int):
	}
	done := make(chan string)
	time.AfterFunc(time.Millisecond, func() { done <- "func" })
	fmt.Println(<-done)
}

func files() {
	folder, err := os.MkdirTemp("", "go-")
	check(err)
	defer os.RemoveAll(folder)
	var all sync.WaitGroup
	for i := 0; i < 10; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			file, err := os.Create(filepath.Join(folder, fmt.Sprintf("%d.txt", i)))
			check(err)
			writer := bufio.NewWriter(file)
			for line := 0; line < 100; line++ {
				fmt.Fprintf(writer, "%d %d\n", i, line)
			}
			check(writer.Flush())
			check(file.Close())
		}(i)
	}
	all.Wait()
	total := int64(0)
	check(filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			total += info.Size()
		}
		return err
	}))
	_, err = os.Open(filepath.Join(folder, "none"))
	fmt.Println("bytes:", total, errors.Is(err, os.ErrNotExist))
	reading, writing, err := os.Pipe()
	check(err)
	go func() {
		fmt.Fprint(writing, strings.Repeat("pipe ", 50000))
		writing.Close()
	}()
	data, err := io.ReadAll(reading)
	check(err)
	fmt.Println("through a pipe:", len(data))
}

func hashes() {
	sum := sha256.New()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	for i := 0; i < 5000; i++ {
		fmt.Fprintf(sum, "%d", i)
		fmt.Fprintf(zip, "line %d\n", i)
	}
	check(zip.Close())
	text, err := json.Marshal(map[string]any{"b": []int{1, 2}, "a": 1.5})
	check(err)
	unzip, err := gzip.NewReader(&packed)
	check(err)
	data, err := io.ReadAll(unzip)
	check(err)
	fmt.Printf("%x %d %s\n", sum.Sum(nil), len(data), text)
}

func collection() {
	var all sync.WaitGroup
	for i := 0; i < 8; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			var kept [][]byte
			for round := 0; round < 2000; round++ {
				kept = append(kept, make([]byte, 1000+round))
				if len(kept) > 100 {
					kept = nil
				}
			}
		}()
	}
	all.Wait()
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	fmt.Println("collected:", memory.NumGC > 0)
	defer func() { fmt.Println("recovered:", recover()) }()
	var nothing *int
	fmt.Println(*nothing)
}

func main() {
	parts := map[string]func(){
		"channels": channels, "locks": locks, "sort": parallelSort, "timers": timers, "files": files, "hashes": hashes, "collection": collection,
	}
	for _, name := range os.Args[1:] {
		parts[name]()
	}
}
