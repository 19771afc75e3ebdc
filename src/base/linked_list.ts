/** An element of a list, which holds its own places in it. */
export interface Linked<T> {
  previous: T | undefined
  next: T | undefined
}

/** Elements in the order in which they came, taken out anywhere. A Set makes its table anew whenever it runs empty. */
export class LinkedList<T extends Linked<T>> {
  #first: T | undefined
  #last: T | undefined
  #size = 0

  get first(): T | undefined {
    return this.#first
  }

  get size(): number {
    return this.#size
  }

  /** @param element in no list */
  push(element: T): void {
    element.previous = this.#last
    if (this.#last === undefined) this.#first = element
    else this.#last.next = element
    this.#last = element
    this.#size++
  }

  /** Does nothing with an element that was removed before. */
  remove(element: T): void {
    const { previous, next } = element
    if (previous === undefined && this.#first !== element) return
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    element.previous = undefined
    element.next = undefined
    this.#size--
  }
}
