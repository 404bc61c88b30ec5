import { render } from 'preact';
import { createApi } from './api.ts';
import { App } from './app.tsx';

const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no element #app');

render(
  <App
    api={createApi((input, init) => fetch(input, init))}
    openStream={() => new EventSource('api/v1/live')}
    now={() => Date.now()}
  />,
  root,
);
