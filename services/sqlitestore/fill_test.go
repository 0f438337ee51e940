package sqlitestore_test

import (
	"fmt"
	"reflect"
	"time"

	"datalek/incidents/register"
	"datalek/incidents/registry"
)

// fill puts word and a number into every text inside v, which is a pointer, and
// something of its own into every other field; lists get two items.
func fill(v any, word string) {
	n := 0
	fillValue(reflect.ValueOf(v).Elem(), word, &n)
}

func fillValue(v reflect.Value, word string, n *int) {
	*n++
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		*at = noon().Add(time.Duration(*n) * 1001 * time.Millisecond)
		return
	case *register.Notes: // what a write brings never comes back
		return
	case *registry.Date:
		*at = registry.DateOf(noon(), time.UTC).AddDays(*n)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("%s-%d", word, *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(float64(*n) / 4)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n + 1))
	case reflect.Uint8:
		v.SetUint(uint64(word[*n%len(word)]))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillValue(v.Elem(), word, n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fillValue(v.Index(i), word, n)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fillValue(key, word, n)
		fillValue(value, word, n)
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			fillValue(v.Field(i), word, n)
		}
	default:
		panic("fill knows no " + v.Kind().String())
	}
}
