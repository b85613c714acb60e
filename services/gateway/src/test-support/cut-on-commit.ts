import type { Database } from '@sluice/prisma/client';

/** From now on the database cuts the connection that commits a project of the name `Cut`: nobody hears whether it was saved. */
export async function cutOnCommit(db: Database): Promise<void> {
  await db.$executeRaw`
    CREATE FUNCTION cut_line() RETURNS TRIGGER LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.name = 'Cut' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
      RETURN NEW;
    END $$`;
  await db.$executeRaw`
    CREATE CONSTRAINT TRIGGER cut_line AFTER INSERT ON projects DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cut_line()`;
}
