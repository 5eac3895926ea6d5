export { openS3Reader, type S3ReaderOptions } from './stores/s3/s3-reader.ts'
export type { S3Connection, S3StoreOptions } from './stores/s3/s3-options.ts'
export { openS3Store, type S3Store } from './stores/s3/s3-store.ts'
export { openS3Tiles, type S3Tiles, type S3TilesOptions } from './stores/s3/s3-tiles.ts'
