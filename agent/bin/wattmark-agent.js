#!/usr/bin/env -S MALLOC_ARENA_MAX=1 node --max-semi-space-size=1 --heap-growing-percent=20 --v8-pool-size=1
import '../dist/main.js';
