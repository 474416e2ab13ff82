// Workers KV as workerd asks for it over HTTP: values in memory.
const values = new Map();

export default {
  async fetch(request) {
    const key = decodeURIComponent(new URL(request.url).pathname.slice(1));
    if (request.method === "PUT") {
      values.set(key, await request.arrayBuffer());
      return new Response();
    }
    return values.has(key) ? new Response(values.get(key)) : new Response(null, { status: 404 });
  },
};
