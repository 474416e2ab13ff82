// A queue that takes everything.
export default {
  async fetch(request) {
    await request.arrayBuffer();
    return Response.json({});
  },
};
